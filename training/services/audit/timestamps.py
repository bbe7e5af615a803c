"""A time stamp of RFC 3161 over the head: a server outside says when it existed."""

from pathlib import Path

from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from training.services.outbound_http import NotReached, post

KIND = "application/timestamp-query"
GRANTED = (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)


def stamp(head: str) -> bytes:
    """The server's answer over the text of the head, checked. Raises NotReached.

    With AUDIT_ANCHOR_TSA_ROOTS its signature is verified too; without, whoever reads
    it later does so.
    """
    request, content, answer = _request_stamp(head.encode())
    if PKIStatus(answer.status) not in GRANTED:
        raise NotReached(f"it refused: {', '.join(answer.status_string)}")
    info = answer.tst_info
    same = info.message_imprint.message == request.message_imprint.message
    if not same or info.nonce != request.nonce:
        raise NotReached("its time stamp is of something else")
    if settings.AUDIT_ANCHOR_TSA_ROOTS:
        _verify(head.encode(), request, answer)
    return content


def _request_stamp(message: bytes) -> tuple[TimeStampRequest, bytes, TimeStampResponse]:
    """The second time without its certificates: some servers send those in an order
    that the library does not read.
    """
    trouble = ""
    for certificates in (True, False):
        builder = TimestampRequestBuilder(hash_algorithm=HashAlgorithm.SHA256)
        builder = builder.data(message).nonce()
        request = builder.cert_request(cert_request=certificates).build()
        content = post(settings.AUDIT_ANCHOR_TSA, request.as_bytes(), KIND)
        try:
            return request, content, decode_timestamp_response(content)
        except ValueError as wrong:
            trouble = str(wrong)
    raise NotReached(f"its answer is no time stamp: {trouble}"[:150])


def _verify(
    message: bytes, request: TimeStampRequest, answer: TimeStampResponse
) -> None:
    """Raises rfc3161_client's VerificationError."""
    roots = Path(settings.AUDIT_ANCHOR_TSA_ROOTS).read_bytes()
    verifier = VerifierBuilder.from_request(request)
    for root in load_pem_x509_certificates(roots):
        verifier = verifier.add_root_certificate(root)
    verifier.build().verify_message(answer, message)
