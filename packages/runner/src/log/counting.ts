/** A number with what it counts: `1 message`, `2 messages`. */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
