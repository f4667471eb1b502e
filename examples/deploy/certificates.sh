#!/bin/sh
# Usage: certificates.sh FOLDER
# Makes an authority, a certificate of host machines, and one of nodes. For production, use an authority of your own that does not write
# its key to a disk, short validities, and one certificate for each machine.
set -eu
mkdir -p "$1"
cd "$1"
umask 077

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj '/CN=codecell' \
    -keyout ca.key -out ca.pem
}

# certificate NAME EXTENSIONS
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  printf '%s\n' "$2" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}

{
  authority
  certificate host "subjectAltName=${HOST_NAMES:-DNS:hosts-1,DNS:hosts-2,DNS:codecell-hosts}
extendedKeyUsage=serverAuth"
  # Nodes connect to host machines, and to each other.
  certificate node "subjectAltName=${NODE_NAMES:-DNS:node-1,DNS:node-2,DNS:codecell-node},URI:urn:codecell:tenant:default
extendedKeyUsage=clientAuth,serverAuth"
} 2> openssl.log || { cat openssl.log >&2; exit 1; }
rm openssl.log
