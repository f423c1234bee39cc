"""Google's Python SDK, unmodified, against the emulator: python sdk.py ORIGIN API_KEY COMMAND [ARGUMENT...]

Prints one JSON object, or ends with the assertion that failed.
"""

import asyncio
import functools
import io
import json
import sys
import tempfile
import time
import urllib.request
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path

from google import genai
from google.genai import _interactions as nextgen
from google.genai import errors, types

# The SDK calls webhooks and interactions experimental.
warnings.simplefilter("ignore")

ORIGIN, API_KEY, COMMAND, *ARGUMENTS = sys.argv[1:]
MODEL = "gemini-3-flash"
SECONDS_TO_WAIT = 20
# Larger than the 8 MiB pieces in which the SDK uploads.
LARGE = 9 * 1024 * 1024


# A client that is forgotten closes its connections, also under the part of it that is still in use ("Cannot send a
# request, as the client has been closed"): this one is kept.
@functools.cache
def client(api_key=API_KEY, attempts=1):
    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.01, max_delay=0.05, jitter=0)
    return genai.Client(api_key=api_key, http_options=types.HttpOptions(base_url=ORIGIN, retry_options=retry))


def control(method, path, body=None):
    """A call to what the service does not have."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{ORIGIN}/emulator/{path}", data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def emulated_now():
    return datetime.fromisoformat(control("GET", "clock")["now"])


def until(read, done):
    """Reads until it is done."""
    end = time.monotonic() + SECONDS_TO_WAIT
    while True:
        value = read()
        if done(value):
            return value
        assert time.monotonic() < end, f"after {SECONDS_TO_WAIT} s still: {value}"
        time.sleep(0.02)


def raises(exception, call):
    """The exception, of exactly this type."""
    try:
        value = call()
    except Exception as error:
        assert type(error) is exception, f"{type(error)} and not {exception}: {error}"
        return error
    raise AssertionError(f"no {exception.__name__}: {value}")


def equal(got, expected):
    assert got == expected, f"{got!r} and not {expected!r}"


def webhooks(uri):
    api = client().webhooks
    made = [api.create(name=f"n{n}", uri=uri, subscribed_events=["batch.succeeded", "video.generated"]) for n in range(5)]
    first = made[0]
    assert len(first.id) == 36 and first.id.isalnum() and first.id.islower(), first.id
    assert first.new_signing_secret.startswith("whsec_")
    equal((first.name, first.uri, first.state), ("n0", uri, "enabled"))
    equal(first.subscribed_events, ["batch.succeeded", "video.generated"])
    truncated = [secret.truncated_secret for secret in first.signing_secrets]
    equal(truncated, ["whsec_..." + first.new_signing_secret[-4:]])

    # Secrets are shown once.
    got = api.get(first.id)
    equal((got.id, got.new_signing_secret, len(got.signing_secrets)), (first.id, None, 1))
    equal(got.signing_secrets[0].expire_time, None)

    pages, listed, page_token = [], [], None
    while True:
        page = api.list(page_size=2, page_token=page_token)
        pages.append(len(page.webhooks))
        listed += [webhook.id for webhook in page.webhooks]
        page_token = page.next_page_token
        if not page_token:
            break
    equal(pages, [2, 2, 1])
    equal(sorted(listed), sorted(webhook.id for webhook in made))
    whole = api.list()
    equal((len(whole.webhooks), whole.next_page_token), (5, None))

    # The mask is ignored, as observed; strict by setting.
    changed = api.update(first.id, update_mask="name", name="renamed", state="disabled")
    equal((changed.name, changed.state), ("renamed", "disabled"))
    control("PATCH", "settings", {"rest": {"strict_update_mask": True}})
    changed = api.update(first.id, update_mask="state", name="again", state="enabled")
    equal((changed.name, changed.state), ("renamed", "enabled"))
    changed = api.update(first.id, subscribed_events=["batch.failed"], uri=uri + "?changed")
    equal((changed.name, changed.subscribed_events, changed.uri), ("renamed", ["batch.failed"], uri + "?changed"))
    equal(api.get(first.id).uri, uri + "?changed")

    assert api.ping(made[1].id) is not None

    second = api.rotate_signing_secret(first.id).secret
    old, active = api.get(first.id).signing_secrets
    if old.expire_time is None:
        old, active = active, old
    equal((active.expire_time, active.truncated_secret[-4:]), (None, second[-4:]))
    grace = old.expire_time - emulated_now()
    assert timedelta(hours=23, minutes=59) < grace <= timedelta(hours=24), grace
    third = api.rotate_signing_secret(first.id, revocation_behavior="revoke_previous_secrets_immediately").secret
    left = api.get(first.id).signing_secrets
    equal([(secret.truncated_secret[-4:], secret.expire_time) for secret in left], [(third[-4:], None)])
    api.rotate_signing_secret(first.id, revocation_behavior="revoke_previous_secrets_after_h24")
    equal(len(api.get(first.id).signing_secrets), 2)

    api.delete(first.id)
    raises(nextgen.NotFoundError, lambda: api.get(first.id))
    equal(len(api.list().webhooks), 4)
    return {"pinged": made[1].id, "secret": made[1].new_signing_secret}


def wrong_calls():
    api = client()
    good = {"uri": "https://example.com/hook", "subscribed_events": ["batch.succeeded"]}
    for key in ("wrong", "x" * 39):
        error = raises(nextgen.BadRequestError, client(key).webhooks.list)
        assert "API key not valid" in str(error), error
        error = raises(errors.ClientError, lambda: client(key).batches.get(name="batches/none"))
        equal((error.code, error.status), (400, "INVALID_ARGUMENT"))
        assert "API key not valid" in error.message, error

    for call in (api.webhooks.get, api.webhooks.delete, api.webhooks.ping, api.webhooks.rotate_signing_secret):
        raises(nextgen.NotFoundError, lambda: call("nobodyknowsthisone"))
    raises(nextgen.NotFoundError, lambda: api.webhooks.update("nobodyknowsthisone", name="x"))
    raises(nextgen.NotFoundError, lambda: api.interactions.get("nobodyknowsthisone"))

    error = raises(nextgen.BadRequestError, lambda: api.webhooks.create(uri=good["uri"], subscribed_events=["batch.cancelled"]))
    for known in ("batch.succeeded", "batch.expired", "batch.failed", "interaction.requires_action"):
        assert known in str(error), error
    error = raises(nextgen.BadRequestError, lambda: api.webhooks.create(**good, extra_body={"subscribedEvents": []}))
    assert "subscribedEvents" in str(error) and "subscribed_events" in str(error), error
    equal(error.body["error"]["code"], "invalid_request")
    error = raises(nextgen.BadRequestError, lambda: api.webhooks.create(uri="not an address", subscribed_events=["batch.failed"]))
    raises(nextgen.BadRequestError, lambda: api.webhooks.list(page_token="made up"))
    # Unknown query parameters are ignored.
    equal(api.webhooks.list(page_size=1, extra_query={"surprise": "1"}).webhooks or [], [])

    error = raises(
        nextgen.BadRequestError,
        lambda: api.interactions.create(model=MODEL, input="hi", webhook_config={"uris": [good["uri"]]}),
    )
    assert "background=true is required when webhook_config is specified." in str(error), error

    for call in (api.batches.get, api.batches.cancel, api.batches.delete, api.files.get, api.files.delete):
        error = raises(errors.ClientError, lambda: call(name="files/none" if "files" in call.__module__ else "batches/none"))
        assert error.code in (403, 404), error
    error = raises(errors.ClientError, lambda: api.batches.create(model=MODEL, src="files/none"))
    assert error.code in (400, 404), error

    # What goes wrong on purpose comes as the SDK's own types, and its retries get past it.
    control("PATCH", "settings", {"faults": {"too_many_requests": 1.0}})
    raises(nextgen.RateLimitError, api.webhooks.list)
    equal(raises(errors.ClientError, lambda: api.batches.get(name="batches/none")).code, 429)
    control("PATCH", "settings", {"faults": {"too_many_requests": 0.0, "server_errors": 1.0}})
    raises(nextgen.InternalServerError, api.webhooks.list)
    raises(errors.ServerError, lambda: api.batches.get(name="batches/none"))
    control("PATCH", "settings", {"faults": {"too_many_requests": 0.2, "server_errors": 0.2}})
    patient = client(attempts=30).webhooks
    ids = {patient.create(**good).id for _ in range(5)}
    control("PATCH", "settings", {"faults": {"too_many_requests": 0.0, "server_errors": 0.0}})
    assert ids <= {webhook.id for webhook in api.webhooks.list().webhooks}
    return {}


def prompt(text):
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def batches(uri):
    api = client()
    keys = [f"key-{n}" for n in range(7)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requests.jsonl"
        path.write_text("".join(json.dumps({"key": key, "request": prompt(f"What is {key}?")}) + "\n" for key in keys))
        uploaded = api.files.upload(file=path, config={"display_name": "requests", "mime_type": "application/jsonl"})

    def hooked(**metadata):
        return {"uris": [uri], "user_metadata": metadata}

    def finished(job):
        return until(lambda: api.batches.get(name=job.name), lambda got: got.done)

    made = {}
    job = api.batches.create(
        model=MODEL, src=uploaded.name, config={"display_name": "from a file", "webhook_config": hooked(from_="file", n=1)}
    )
    assert job.name.startswith("batches/") and job.state in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"), job
    made["file"] = job.name
    job = finished(job)
    equal((job.state, job.display_name, job.model), (types.JobState.JOB_STATE_SUCCEEDED, "from a file", f"models/{MODEL}"))
    assert job.end_time >= job.create_time and job.error is None
    made["output_file"] = job.dest.file_name
    lines = [json.loads(line) for line in api.files.download(file=job.dest.file_name).decode().splitlines()]
    equal([line["key"] for line in lines], keys)
    for line in lines:
        answer = types.GenerateContentResponse.model_validate(line["response"])
        assert answer.text, line
    # Its id is longer than the Files service lets anyone delete (googleapis/python-genai#1759).
    error = raises(errors.ClientError, lambda: api.files.delete(name=job.dest.file_name))
    equal((error.code, error.status), (400, "INVALID_ARGUMENT"))
    assert "cannot be more than 40 characters" in error.message, error
    equal(api.files.get(name=job.dest.file_name).name, job.dest.file_name)

    job = api.batches.create(
        model=MODEL, src=[prompt("one"), prompt("two")], config={"webhook_config": hooked(from_="inline")}
    )
    made["inline"] = job.name
    job = finished(job)
    equal((job.state, job.dest.file_name), (types.JobState.JOB_STATE_SUCCEEDED, None))
    equal([bool(one.response.text) for one in job.dest.inlined_responses], [True, True])

    job = api.batches.create(model=MODEL, src=[prompt("x")], config={"webhook_config": hooked(emulator_outcome="fail")})
    made["failed"] = job.name
    # The SDK leaves out the error of the operation.
    equal(finished(job).state, types.JobState.JOB_STATE_FAILED)

    job = api.batches.create(model=MODEL, src=[prompt("x")], config={"webhook_config": hooked(emulator_outcome="never")})
    made["cancelled"] = job.name
    api.batches.cancel(name=job.name)
    equal(finished(job).state, types.JobState.JOB_STATE_CANCELLED)

    listed = [job.name for job in api.batches.list(config={"page_size": 3})]
    equal(sorted(listed), sorted(made[kind] for kind in ("file", "inline", "failed", "cancelled")))
    api.batches.delete(name=made["cancelled"])
    equal(raises(errors.ClientError, lambda: api.batches.get(name=made["cancelled"])).code, 404)
    return made


def interactions(uri):
    api = client().interactions

    def create(**metadata):
        hook = {"uris": [uri], "user_metadata": metadata}
        return api.create(model=MODEL, input="Tell me a joke.", background=True, webhook_config=hook)

    def finished(made):
        return until(lambda: api.get(made.id), lambda got: got.status not in ("in_progress", "queued"))

    made = create(from_="background")
    assert made.id and made.status in ("in_progress", "queued"), made
    equal((made.webhook_config.uris, made.webhook_config.user_metadata), ([uri], {"from_": "background"}))
    done = finished(made)
    equal((done.id, done.status), (made.id, "completed"))
    equal(done.steps[-1].type, "model_output")
    assert done.output_text, done

    failed = finished(create(emulator_outcome="fail"))
    equal(failed.status, "failed")
    waiting = finished(create(emulator_outcome="require_action"))
    equal((waiting.status, waiting.steps[-1].type), ("requires_action", "function_call"))

    running = create(emulator_outcome="never")
    equal(api.cancel(running.id).status, "cancelled")
    equal(api.get(running.id).status, "cancelled")
    api.delete(running.id)
    raises(nextgen.NotFoundError, lambda: api.get(running.id))
    return {"completed": made.id, "failed": failed.id, "requires_action": waiting.id, "cancelled": running.id}


WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city"],
    },
}


def step_types(interaction):
    return [step.type for step in interaction.steps]


def tools(uri):
    """A function is called and its result is answered; what was asked is read back."""
    api = client().interactions

    def result(asked):
        call = asked.steps[-1]
        equal((asked.status, call.type, call.name), ("requires_action", "function_call", "weather"))
        assert isinstance(call.arguments["city"], str) and call.arguments["days"] >= 2, call
        given = {"type": "function_result", "call_id": call.id, "name": call.name, "result": "sunny"}
        return {"model": MODEL, "input": [given], "previous_interaction_id": asked.id, "tools": [WEATHER]}

    done = api.create(**result(api.create(model=MODEL, input="Rome?", tools=[WEATHER])))
    equal((done.status, step_types(done)), ("completed", ["model_output"]))
    assert "sunny" in done.output_text, done
    equal(step_types(api.get(done.id, include_input=True)), ["function_result", "model_output"])
    searched = api.create(model=MODEL, input="Rome?", tools=[{"type": "google_search"}])
    equal((searched.status, step_types(searched)), ("completed", ["model_output"]))
    equal(step_types(api.get(searched.id)), ["model_output"])
    first, _ = api.get(searched.id, include_input=True).steps
    equal((first.type, [part.text for part in first.content]), ("user_input", ["Rome?"]))

    def hooked(**metadata):
        return {"background": True, "webhook_config": {"uris": [uri], "user_metadata": metadata}}

    def rests(made):
        return until(lambda: api.get(made.id), lambda got: got.status not in ("in_progress", "queued"))

    asked = rests(api.create(model=MODEL, input="Rome?", tools=[WEATHER], **hooked(n=1)))
    answered = rests(api.create(**result(asked), **hooked(n=2)))
    equal(answered.status, "completed")
    idle = rests(api.create(model=MODEL, input="hi", **hooked(emulator_outcome="idle")))
    equal(idle.status, "idle")
    equal(api.cancel(idle.id).status, "cancelled")
    return {"requires_action": asked.id, "completed": answered.id, "cancelled": idle.id}


def told(events):
    """Text, status and id that a stream has told."""
    kinds = [event.event_type for event in events]
    equal((kinds[0], kinds[-1]), ("interaction.created", "interaction.completed"))
    deltas = [event.delta for event in events if event.event_type == "step.delta"]
    text = "".join(delta.text for delta in deltas if delta.type == "text")
    arguments = "".join(delta.arguments for delta in deltas if delta.type == "arguments_delta")
    last = events[-1].interaction
    return {"text": text, "arguments": arguments, "status": last.status, "id": last.id}


SPEECH = "What is the distance to the star Pollux, in light years and in parsecs? " * 3


def streams(uri):
    api = client().interactions
    events = list(api.create(model=MODEL, input=SPEECH, stream=True))
    first = told(events)
    equal((first["text"], first["status"]), (f"Echo: {SPEECH.strip()}", "completed"))
    again = list(api.get(first["id"], stream=True))
    equal([event.event_id for event in again], [event.event_id for event in events])
    rest = list(api.get(first["id"], stream=True, last_event_id=events[4].event_id))
    equal([event.event_id for event in rest], [event.event_id for event in events[5:]])
    called = told(list(api.create(model=MODEL, input="Rome?", tools=[WEATHER], stream=True)))
    equal((called["status"], called["text"]), ("requires_action", ""))
    assert json.loads(called["arguments"])["city"], called
    hook = {"uris": [uri], "user_metadata": {"from_": "stream"}}
    made = told(list(api.create(model=MODEL, input="hi", background=True, stream=True, webhook_config=hook)))
    equal((made["status"], made["text"]), ("completed", "Echo: hi"))
    return {"completed": made["id"]}


async def reads(read, done):
    """As `until`, without blocking."""
    end = time.monotonic() + SECONDS_TO_WAIT
    while not done(value := await read()):
        assert time.monotonic() < end, f"after {SECONDS_TO_WAIT} s still: {value}"
        await asyncio.sleep(0.02)
    return value


async def refuses(exception, call):
    try:
        value = await call
    except exception as error:
        return error
    raise AssertionError(f"no {exception.__name__}: {value}")


# What becomes of a row is asked for by the end of its key; one embeds nothing of it in its text.
ROW_KEYS = [
    "good", "bad#error-429", "worse#error-503", "gone#missing", "two#doubled", "torn#unparsable", "no#blocked", "half#cut",
    "void#empty", "last",
]


def rows():
    """A batch whose rows go wrong on purpose, and what the SDK's own types read of its output."""
    api = client()
    lines = "".join(json.dumps({"key": key, "request": prompt(f"What is {key}?")}) + "\n" for key in ROW_KEYS)
    uploaded = api.files.upload(file=io.BytesIO(lines.encode()), config={"mime_type": "application/jsonl"})
    job = api.batches.create(model=MODEL, src=uploaded.name, config={"display_name": "rows"})
    job = until(lambda: api.batches.get(name=job.name), lambda got: got.done)
    read = []
    for line in api.files.download(file=job.dest.file_name).decode().splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            read.append({"unparsable": True})
            continue
        row = {"key": value["key"]}
        if "error" in value:
            error = types.JobError.model_validate({"code": value["error"]["code"], "message": value["error"]["message"]})
            row |= {"error": error.code, "message": error.message}
        else:
            answer = types.GenerateContentResponse.model_validate(value["response"])
            usage = answer.usage_metadata
            first = answer.candidates[0] if answer.candidates else None
            row |= {
                "text": (answer.text or "") if first and first.content and first.content.parts else "",
                "finish": first.finish_reason.value if first and first.finish_reason else None,
                "blocked": bool(answer.prompt_feedback and answer.prompt_feedback.block_reason),
                "in": usage.prompt_token_count if usage else None,
                "out": usage.candidates_token_count if usage else None,
            }
        read.append(row)
    return {"job": job.name, "requests": lines, "rows": read}


async def awaited(uri, nowhere):
    api = client().aio
    hooks, made = api.webhooks, []
    for n in range(3):
        made.append(await hooks.create(name=f"n{n}", uri=nowhere, subscribed_events=["batch.succeeded"]))
    first, second, _ = made
    assert first.new_signing_secret.startswith("whsec_"), first
    equal((await hooks.get(first.id)).new_signing_secret, None)
    page = await hooks.list(page_size=2)
    rest = await hooks.list(page_size=2, page_token=page.next_page_token)
    equal([len(page.webhooks), len(rest.webhooks), rest.next_page_token], [2, 1, None])
    changed = await hooks.update(first.id, update_mask="name", name="renamed", state="disabled")
    equal((changed.name, changed.state), ("renamed", "disabled"))
    rotated = (await hooks.rotate_signing_secret(second.id)).secret
    equal(len((await hooks.get(second.id)).signing_secrets), 2)
    await hooks.ping(second.id)
    for one in (first, made[2]):
        await hooks.delete(one.id)
    await refuses(nextgen.NotFoundError, hooks.get(first.id))

    lines = "".join(json.dumps({"key": key, "request": prompt(key)}) + "\n" for key in "ab")
    uploaded = await api.files.upload(file=io.BytesIO(lines.encode()), config={"mime_type": "application/jsonl"})
    equal((await api.files.get(name=uploaded.name)).size_bytes, len(lines))
    hook = {"uris": [uri], "user_metadata": {"from_": "awaited"}}
    job = await api.batches.create(model=MODEL, src=uploaded.name, config={"webhook_config": hook})
    done = await reads(lambda: api.batches.get(name=job.name), lambda got: got.done)
    equal(done.state, types.JobState.JOB_STATE_SUCCEEDED)
    output = (await api.files.download(file=done.dest.file_name)).decode()
    equal([json.loads(line)["key"] for line in output.splitlines()], ["a", "b"])
    equal((await refuses(errors.ClientError, api.files.delete(name=done.dest.file_name))).code, 400)
    await api.files.delete(name=uploaded.name)
    equal([one.name async for one in await api.files.list()], [done.dest.file_name])
    never = {"webhook_config": hook | {"user_metadata": {"emulator_outcome": "never"}}}
    stopped = await api.batches.create(model=MODEL, src=[prompt("x")], config=never)
    await api.batches.cancel(name=stopped.name)
    equal(sorted([one.name async for one in await api.batches.list()]), sorted([job.name, stopped.name]))

    interactions = api.interactions
    begun = await interactions.create(model=MODEL, input="hi", background=True, webhook_config=hook)
    ended = await reads(lambda: interactions.get(begun.id), lambda got: got.status != "in_progress")
    equal((ended.status, ended.output_text), ("completed", "Echo: hi"))
    streamed = told([event async for event in await interactions.create(model=MODEL, input=SPEECH, stream=True)])
    equal((streamed["text"], streamed["status"]), (f"Echo: {SPEECH.strip()}", "completed"))
    again = told([event async for event in await interactions.get(streamed["id"], stream=True)])
    equal(again, streamed)
    await interactions.delete(streamed["id"])
    await refuses(nextgen.NotFoundError, interactions.get(streamed["id"]))
    secrets = [second.new_signing_secret, rotated]
    return {"file": job.name, "cancelled": stopped.name, "completed": begun.id, "pinged": second.id, "secrets": secrets}


def asynchronous(uri, nowhere):
    """All of it once with the client for asyncio. `nowhere` is an address where nobody listens."""
    return asyncio.run(awaited(uri, nowhere))


def files():
    api = client().files
    # The time of the emulator may be ahead of the wall.
    now = emulated_now()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.txt"
        path.write_bytes(b"hello")
        small = api.upload(file=path, config={"display_name": "notes"})
    equal((small.mime_type, small.size_bytes, small.display_name), ("text/plain", 5, "notes"))
    equal((small.state, small.source), (types.FileState.ACTIVE, types.FileSource.UPLOADED))
    assert small.name.startswith("files/") and small.uri, small
    lifetime = small.expiration_time.astimezone(timezone.utc) - now
    assert timedelta(hours=47, minutes=59) < lifetime < timedelta(hours=48, minutes=1), lifetime
    large = api.upload(file=io.BytesIO(b"\x01" * LARGE), config={"mime_type": "application/octet-stream", "name": "large-one"})
    equal((large.name, large.size_bytes), ("files/large-one", LARGE))
    got = api.get(name=small.name)
    equal((got.name, got.size_bytes, got.sha256_hash), (small.name, 5, small.sha256_hash))
    others = [api.upload(file=io.BytesIO(b"x"), config={"mime_type": "text/plain"}).name for _ in range(3)]
    listed = [file.name for file in api.list(config={"page_size": 2})]
    equal(sorted(listed), sorted([small.name, large.name, *others]))
    # Uploaded files cannot be downloaded: the SDK sees it by the missing address, the service refuses as well.
    raises(ValueError, lambda: api.download(file=got))
    assert raises(errors.ClientError, lambda: api.download(file=got.name)).code in (400, 403)
    api.delete(name=small.name)
    raises(errors.ClientError, lambda: api.get(name=small.name))
    return {"left": len(list(api.list()))}


def video(uri):
    api = client()
    hook = {"uris": [uri], "user_metadata": {"from_": "video"}}
    operation = api.models.generate_videos(
        model="veo-3.1-generate-preview", prompt="a cat", config={"webhook_config": hook, "number_of_videos": 1}
    )
    name = operation.name
    assert not operation.done and "/operations/" in name, operation
    operation = until(lambda: api.operations.get(operation), lambda got: got.done)
    equal((operation.name, operation.error), (name, None))
    (generated,) = operation.response.generated_videos
    data = api.files.download(file=generated)
    equal(data[4:8], b"ftyp")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        generated.video.save(str(path))
        equal(path.read_bytes(), data)
    return {"operation": name, "uri": generated.video.uri, "bytes": len(data)}


def no_video():
    """Not offered by this SDK version for the Gemini API; it says so without a request."""
    error = raises(ValueError, lambda: client().models.generate_videos(model="veo-3.1-generate-preview", prompt="a cat"))
    return {"said": str(error)}


def create_webhook(uri, event):
    made = client().webhooks.create(name="receiver", uri=uri, subscribed_events=[event])
    return {"id": made.id, "secret": made.new_signing_secret}


def rotate(webhook, behavior):
    return {"secret": client().webhooks.rotate_signing_secret(webhook, revocation_behavior=behavior).secret}


def list_webhooks():
    return {"webhooks": [[one.id, one.uri, one.state, one.subscribed_events] for one in client().webhooks.list().webhooks]}


COMMANDS = [
    webhooks, wrong_calls, batches, interactions, tools, streams, asynchronous, files, video, no_video,
    create_webhook, rotate, list_webhooks, rows,
]
command = next(command for command in COMMANDS if command.__name__ == COMMAND)
print(json.dumps({"sdk": genai.__version__} | command(*ARGUMENTS)))
