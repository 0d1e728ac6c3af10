"""Work away from the main thread; the only room that makes threads and processes.

A job's work is one function ``work(progress)``; its value or error is delivered on the main thread. Places of work:
"files" (what is wanted on the screen), "scan" (folders looked through), "previews", "library", "headers", "journal" and
"render", daemon threads in this process, and "gpu", one thread in one long-lived worker process without Qt. Beside them
stand decoder processes with limits (`ProcessPool`), which the threads of "files", "scan" and "previews" ask.
"""
