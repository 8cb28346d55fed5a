/**
 * JSON in ASCII alone, for what strangers chose: a terminal takes some characters beyond ASCII for commands (C1 controls), or turns text
 * around at them. A parser reads the same values.
 */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\0-~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
