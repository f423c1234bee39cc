"""Sends one delivery signed with the PyPI package `standardwebhooks`: python send.py URL SECRET ID BODY"""

import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

from standardwebhooks import Webhook

url, secret, message_id, body = sys.argv[1:]
now = datetime.now(tz=timezone.utc)
headers = {
    "content-type": "application/json",
    "webhook-id": message_id,
    "webhook-timestamp": str(int(now.timestamp())),
    "webhook-signature": Webhook(secret).sign(message_id, now, body),
}
request = urllib.request.Request(url, data=body.encode(), headers=headers, method="POST")
try:
    print(urllib.request.urlopen(request, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
