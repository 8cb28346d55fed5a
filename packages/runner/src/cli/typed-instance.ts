/** The `-c DIR` that was typed, in the commands that a text suggests: without it they would be about another Postfix on this host. */

/** A command between double quotes that names no instance. */
const SUGGESTED = /"candy (?!-c )(?=[a-z])/g

/** Puts `-c` into the commands that stand between double quotes in a text. `config` is what was typed behind it; undefined: the text stays. */
export function withTypedInstance(text: string, config: string | undefined): string {
  if (config === undefined) return text
  const word = /^[\w./@:+-]+$/.test(config) ? config : `'${config.replaceAll("'", "'\\''")}'`
  return text.replaceAll(SUGGESTED, () => `"candy -c ${word} `)
}
