# SPDX-License-Identifier: MIT
# Completion for bash: source sim/cli/gucsim.bash, then TAB. All it offers is asked of the program:
# commands and options of its help, scenarios and keys of 'gucsim list --names'.

_gucsim_keys() { # the words so far: keys of the scenario among them
  local program=$1 word
  shift
  for word in "$@"; do
    case $word in
      -* | *=*) ;;
      *) "$program" list --names "$word" 2>/dev/null && return ;;
    esac
  done
}

_gucsim() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} offers=

  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    offers=$("$program" help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')
  elif [ "$before" = --set ]; then
    offers=$(_gucsim_keys "$program" "${COMP_WORDS[@]:2:COMP_CWORD-3}" | sed 's/$/=/')
    compopt -o nospace 2>/dev/null
  elif [[ $word == -* ]]; then
    offers="$("$program" help "$command" 2>/dev/null | grep -oe '--[a-z][a-z-]*')"
    case $command in serve | replay) offers+=" $("$program" help run | grep -oe '--[a-z][a-z-]*')" ;; esac
  elif [[ $before != -* ]]; then
    case $command in
      run | sweep | serve | list | regress) offers=$("$program" list --names 2>/dev/null) ;;
      help) offers=$("$program" help | sed -n 's/^  \([a-z]*\) .*/\1/p') ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$word")
}

complete -o default -F _gucsim gucsim
