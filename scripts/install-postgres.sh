#!/usr/bin/env bash
# Installs PostgreSQL 17 with pgvector, pg_cron and plpgsql_check from Debian or Ubuntu packages.
set -euo pipefail

usage() {
  cat <<'HELP'
Usage: sudo bash scripts/install-postgres.sh

Installs postgresql-17, postgresql-17-pgvector, postgresql-17-cron and, for
supabase db lint, postgresql-17-plpgsql-check.
Debian 13 and later have them. On Debian 12 the Debian 13 packages are used
(pinned low, so nothing else moves). On Ubuntu the packages of
apt.postgresql.org must be reachable when the release lacks them.
Does nothing when they are installed already. No server is left running.
HELP
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) usage >&2; exit 2 ;;
esac

packages=(postgresql-17 postgresql-17-pgvector postgresql-17-cron postgresql-17-plpgsql-check)
if dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  echo "PostgreSQL 17 with pgvector, pg_cron and plpgsql_check is installed."
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Run as root: sudo bash scripts/install-postgres.sh" >&2
  exit 1
fi

# The package's own cluster is not wanted: the tests make throw-away ones.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf

. /etc/os-release
export DEBIAN_FRONTEND=noninteractive
target=()
if [ "${VERSION_CODENAME:-}" = bookworm ]; then
  cat >/etc/apt/sources.list.d/maestro-trixie.sources <<'SOURCES'
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' \
    >/etc/apt/preferences.d/maestro-trixie
  target=(-t trixie)
fi
apt-get update -qq
if [ "${ID:-}" = ubuntu ] && ! apt-cache show postgresql-17 >/dev/null 2>&1; then
  apt-get install -y -qq postgresql-common
  /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
fi
apt-get install -y -qq "${target[@]}" "${packages[@]}"
