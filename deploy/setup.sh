#!/usr/bin/env bash
# Makes one of the two virtual environments from its lock: deploy/setup.sh ours|dev|rasa
# Nothing is done again unless the lock has changed. Called by the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
what=$1
case $what in
  ours | dev) venv=.venv ;;
  rasa) venv=.venv-rasa ;;
  *) echo "usage: deploy/setup.sh ours|dev|rasa" >&2; exit 2 ;;
esac
lock=requirements/$what.txt
stamp=$venv/.locked-$what

# prints the first of the given commands that is a Python within [$1, $2), as an absolute path
first_python() {
  local low=$1 high=$2 candidate found
  shift 2
  for candidate in "$@"; do
    [ -n "$candidate" ] || continue
    found=$("$candidate" -c "import sys; ok = ($low) <= sys.version_info[:2] < ($high); print(sys.executable if ok else '')" 2>/dev/null) || continue
    if [ -n "$found" ]; then echo "$found"; return 0; fi
  done
  return 1
}

ours_python() {
  first_python "3, 11" "4, 0" "${GT_PYTHON:-}" python3.13 python3.12 python3.11 python3 python || {
    echo "Good Terms needs Python 3.11 or newer. Install it, or name one: GT_PYTHON=/path/to/python3.12 make demo" >&2
    return 1
  }
}

rasa_python() {
  local pyenv_root
  pyenv_root=${PYENV_ROOT:-$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")}
  first_python "3, 10" "3, 11" "${GT_PYTHON310:-}" python3.10 "$pyenv_root"/versions/3.10*/bin/python3.10 /opt/python/3.10/bin/python3.10 && return
  PYENV_VERSION=3.10 first_python "3, 10" "3, 11" python3.10 && return
  first_python "3, 10" "3, 11" "$("$uv" python find 3.10 2>/dev/null || true)" && return
  echo "No Python 3.10 here; trying to fetch one with uv …" >&2
  if "$uv" python install 3.10 >&2; then
    first_python "3, 10" "3, 11" "$("$uv" python find 3.10)" && return
  fi
  echo "Rasa 3.6 needs Python 3.10 (for example 'pyenv install 3.10'). Install it, or name one: GT_PYTHON310=/path/to/python3.10 make demo" >&2
  return 1
}

# uv from the PATH, or one of our own inside .venv
find_uv() {
  if command -v uv >/dev/null 2>&1; then command -v uv; return; fi
  if [ ! -x .venv/bin/uv ]; then
    echo "Fetching uv …" >&2
    local python
    python=$(ours_python) || return 1
    if ! { "$python" -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check uv; } >&2; then
      rm -rf .venv
      echo "A virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv. Then try again." >&2
      return 1
    fi
  fi
  echo "$PWD/.venv/bin/uv"
}

sum=$(cat "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then exit 0; fi

uv=$(find_uv) || exit 1
if [ ! -x "$venv/bin/python" ]; then
  if [ "$what" = rasa ]; then python=$(rasa_python) || exit 1; else python=$(ours_python) || exit 1; fi
  echo "Making $venv with $("$python" --version) …"
  "$uv" venv --quiet --python "$python" "$venv"
fi
echo "Installing $(grep -cE '^[a-zA-Z0-9]' "$lock") packages of $lock into $venv …"
# The locks are complete, so nothing is resolved again: rasa.txt holds a package that asks for more than Rasa allows.
"$uv" pip install --python "$venv/bin/python" --no-deps --require-hashes -r "$lock"
if [ "$what" != rasa ]; then
  "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
fi
echo "$sum" >"$stamp"
