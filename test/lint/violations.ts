/** Source texts that Biome must, or must not, object to. */

export interface Violation {
  readonly name: string
  /** Where the file is planted. */
  readonly folder: string
  readonly text: string
  /** What Biome calls its objection. */
  readonly rule: string
}

const folder = 'packages/runner/src/chain'

/** The promise rules see types of `@candy/sdk` only through its built declarations; without them they are silent. */
export const violations: readonly Violation[] = [
  {
    name: 'an optional call of a filter that is not awaited',
    folder,
    rule: 'lint/nursery/noFloatingPromises',
    text: `import type { Context, Filter, Message } from '@candy/sdk'
export async function x(filter: Filter, message: Message, context: Context): Promise<void> {
  filter.check?.(context)
  await filter.judge(message, context)
}
`,
  },
  {
    name: 'a promise of a judgement that is not awaited',
    folder,
    rule: 'lint/nursery/noFloatingPromises',
    text: `import type { Context, Filter, Message } from '@candy/sdk'
export function x(filter: Filter, message: Message, context: Context): void {
  const judge = async (): Promise<unknown> => filter.judge(message, context)
  judge()
}
`,
  },
  {
    name: 'a promise taken for a condition',
    folder,
    rule: 'lint/nursery/noMisusedPromises',
    text: `import type { Context, Filter } from '@candy/sdk'
export function x(filter: Required<Filter>, context: Context): string {
  return healthy(filter, context) ? 'yes' : 'no'
}
async function healthy(filter: Required<Filter>, context: Context): Promise<boolean> {
  return (await filter.check(context)).ok
}
`,
  },
  {
    name: 'a switch that forgets a verdict',
    folder,
    rule: 'lint/nursery/useExhaustiveSwitchCases',
    text: `import type { Verdict } from '@candy/sdk'
export function x(verdict: Verdict): string {
  switch (verdict.action) {
    case 'accept':
      return 'on'
    case 'reject':
      return 'out'
  }
  return ''
}
`,
  },
  {
    name: 'a default export',
    folder,
    rule: 'lint/style/noDefaultExport',
    text: 'export default 1\n',
  },
]
