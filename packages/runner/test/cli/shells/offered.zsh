# Prints what the script $1 offers for each line of standard input: a line of words with tabs between them. An interactive zsh on a
# terminal gets each line and the tab key; $2 is a directory for files.
zmodload zsh/zpty
zpty shell "zsh -f -i"
send() { zpty -w shell "$1" }
send "PS1= PS2= ; fpath=(${1:h} \$fpath); offered=$2/offered"
send "autoload -Uz compinit; compinit -u -d $2/dump; zstyle ':completion:*' accept-exact false"
send '
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a words
  builtin compadd -O words "$@"
  print -rl -- $words >>$offered
  builtin compadd "$@"
}
offer() { : >$offered; zle complete-word; BUFFER=; print -r -- "<""READY>"; }
zle -N offer; bindkey "^I" offer; print -r -- "<""READY>"
'
zpty -r shell output '*<READY>*'
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t'
  zpty -r shell output '*<READY>*'
  print -r -- ${(pj:\t:)${(f)"$(<$2/offered)"}}
done
zpty -d shell
