/** What an error says. Anything may be thrown, so what is no Error is printed as it is. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
