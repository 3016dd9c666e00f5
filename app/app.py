"""The service whose image the pipeline builds."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def greet():
    """Greet, and name the commit that is running: the build writes it into the image."""
    return {
        "greeting": "Hello from the image pipeline",
        "commit": os.environ.get("APP_COMMIT", "unknown"),
    }


@app.get("/healthz")
def health():
    """Answer as long as the process can serve; nothing else has to be up for it."""
    return {"status": "ok"}
