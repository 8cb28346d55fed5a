# Prints what the script $1 offers for each line of standard input: a line of words with tabs between them.
source "$1"

while IFS= read -r line; do
  read -ra COMP_WORDS <<<"$line"
  [[ $line != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  # What readline calls, with these variables and no others.
  "$(complete -p candy | sed 's/.*-F \([^ ]*\) .*/\1/')" candy
  printf '%s\t' "${COMPREPLY[@]//\\/}"
  echo
done
