#!/usr/bin/env bash
# Guess: a time stamp of `openssl ts -reply` that `openssl ts -verify` accepts can be read
# by a client library for RFC 3161, whether or not the authority sends its chain along.
#
# Seen with rfc3161-client 1.0.9 and OpenSSL 3.0: a reply with the signer's certificate
# alone is read. With `certs = ca.pem` in the authority's section, as OpenSSL's manual
# has it, the reply holds two certificates in the order of the file, the library refuses
# it ("InvalidSetOrdering", at SignedData::certificates), and OpenSSL verifies both.
# DER sorts a SET; OpenSSL does not sort this one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v openssl >/dev/null || { echo "needs openssl"; exit 1; }
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rfc3161-client==1.0.9
cd "$folder"
openssl version

section() {
  cat <<CNF
[$1]
serial = $folder/serial
signer_cert = $folder/tsa.pem
signer_key = $folder/tsa.key
$2
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
CNF
}
{ section alone ""; section chain "certs = $folder/ca.pem"; } >tsa.cnf
echo 01 >serial
printf 'extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n' >tsa.ext
{
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Root" \
    -keyout ca.key -out ca.pem
  openssl req -newkey rsa:2048 -nodes -subj "/CN=Time" -keyout tsa.key -out tsa.csr
  openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
    -extfile tsa.ext -out tsa.pem
  echo "what is stamped" >data
  openssl ts -query -data data -sha256 -cert -out query.tsq
  for section in alone chain; do
    openssl ts -reply -config tsa.cnf -section "$section" -queryfile query.tsq \
      -out "$section.tsr"
  done
} 2>openssl.log || { cat openssl.log; exit 1; }
for section in alone chain; do
  echo "$section: openssl says $(openssl ts -verify -data data -in "$section.tsr" \
    -CAfile ca.pem 2>&1 | tail -1)"
done
venv/bin/python - <<'PY'
from pathlib import Path

from rfc3161_client import decode_timestamp_response


def read(name):
    try:
        return f"status {decode_timestamp_response(Path(name).read_bytes()).status}"
    except ValueError as error:
        return str(error)


alone, chain = read("alone.tsr"), read("chain.tsr")
print("alone: rfc3161-client says", alone)
print("chain: rfc3161-client says", chain)
assert alone == "status 0"
assert "InvalidSetOrdering" in chain and "SignedData::certificates" in chain
PY
echo "as found"
