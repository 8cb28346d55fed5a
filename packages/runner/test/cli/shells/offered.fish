# Prints what the script offers for each line of standard input: a line of words with tabs between them.
source $argv[1]

while read -l line
    echo (string join -- \t (complete -C $line | string replace -r '\t.*' ''))
end
