/** Lets schema libraries use a parser that throws, such as `parseSize`. */

/**
 * The message with which `parse` refuses the value; undefined when `parse` accepts it. Throws any other error of `parse`. With valibot:
 *
 * ```ts
 * v.check((written) => valueProblem(parseSize, written) === undefined, ({ input }) => `${valueProblem(parseSize, input)}`)
 * ```
 */
export function valueProblem(parse: (written: unknown) => unknown, written: unknown): string | undefined {
  try {
    parse(written)
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'CONFIG') return error.message
    throw error
  }
}
