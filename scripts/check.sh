#!/bin/sh
# Everything that can be said about the code without running it. Stops at the first complaint.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
# Types and migrations load the settings, which insist on much when this is off; the last step switches it off.
export DEBUG=true

step() {
    echo "== $*"
}

step "lint"
$bin/ruff check .
step "format"
$bin/ruff format --check .
step "types"
$bin/mypy .
step "imports"
$bin/lint-imports
step "missing migrations"
$bin/python manage.py makemigrations --check --dry-run
step "deployment"
# As production would be configured; the key is made up and forgotten.
env \
    DEBUG=false \
    SECRET_KEY="$($bin/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ENCRYPTION_KEYS="$($bin/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
    ALLOWED_HOSTS=vpn.example \
    SITE_URL=https://vpn.example \
    DATABASE_URL=postgresql://nexusvpn@db.example/nexusvpn \
    EMAIL_URL=smtp+tls://mail.example \
    $bin/python manage.py check --deploy --fail-level WARNING
