/** Values in a schema: what a parser that throws has against one, as schema libraries ask for it. */

/**
 * The sentence with which `parse` refuses the value; undefined when it takes it. Throws what else `parse` throws. With valibot:
 *
 * ```ts
 * v.check((written) => valueFault(parseSize, written) === undefined, ({ input }) => `${valueFault(parseSize, input)}`)
 * ```
 */
export function valueFault(parse: (written: unknown) => unknown, written: unknown): string | undefined {
  try {
    parse(written)
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'CONFIG') return error.message
    throw error
  }
}
