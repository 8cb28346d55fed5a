/** Prints command lines as a person types them in a shell. */

/** The words as one line for sh(1). A word with other than plain characters is quoted. */
export function commandLine(...words: readonly string[]): string {
  return words.map(quote).join(' ')
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
