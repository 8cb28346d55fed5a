/** The text of an error, or of anything else that was thrown. */

/** The message of an error; anything else is printed with `String`. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The same, line by line. */
export function errorLines(error: unknown): readonly string[] {
  return errorText(error).split('\n')
}
