/** Source texts that Biome must, or must not, object to. */

export interface Violation {
  readonly name: string
  /** Where the file is planted. */
  readonly folder: string
  readonly text: string
  /** What Biome calls its objection. */
  readonly rule: string
}

/** Ways to import; a wall with one listener is none. */
const forms: Readonly<Record<string, (from: string) => string>> = {
  value: (from) => `import { x } from '${from}'\nexport const y: unknown = x\n`,
  type: (from) => `import type { X } from '${from}'\nexport type Y = X\n`,
  again: (from) => `export { x } from '${from}'\n`,
  dynamic: (from) => `export const load = (): Promise<unknown> => import('${from}')\n`,
}

/** Every form of importing each module into a file of `folder`. */
export function importing(folder: string, modules: readonly string[]): readonly Violation[] {
  return modules.flatMap((from) =>
    Object.entries(forms).map(([form, write]) => ({
      name: `${form} ${from}`,
      folder,
      text: write(from),
      rule: 'lint/style/noRestrictedImports',
    })),
  )
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
    name: 'a package that package.json does not name',
    folder,
    rule: 'lint/correctness/noUndeclaredDependencies',
    text: `import { z } from 'zod'
export const x: unknown = z
`,
  },
  {
    name: 'a package of ours that package.json does not name',
    folder: 'packages/filter-clamav/src',
    rule: 'lint/correctness/noUndeclaredDependencies',
    text: `import { x } from '@candy/filter-spamassassin'
export const y: unknown = x
`,
  },
  {
    name: 'a default export',
    folder,
    rule: 'lint/style/noDefaultExport',
    text: 'export default 1\n',
  },
]
