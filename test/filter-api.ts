/**
 * Which version of the contract (`api`) a filter speaks is part of what it promises: whoever takes a minor version must not need a
 * newer runner. So `.changeset/filter-api.json` has one `api` for each major version, and the next version may be asked.
 */
export interface FilterRelease {
  readonly name: string
  /** As package.json has it: the last version published, or the one that will be next. */
  readonly version: string
  /** What the built package exports. */
  readonly api: number
  /** The texts of the changesets that wait for a release. */
  readonly changesets: readonly string[]
  /** `api` by major version. */
  readonly record: Readonly<Record<string, number>>
}

/** What is wrong with the next release, in words; undefined when nothing is. */
export function apiProblem({ name, version, api, changesets, record }: FilterRelease): string | undefined {
  const major = Number(version.split('.')[0])
  const next = changesets.some((text) => bumpsMajor(text, name)) ? major + 1 : major
  const before = record[major]
  if (before !== undefined && before !== api && next === major) {
    return `${name} ${major}.x has api ${before} and would get ${api}: that takes a changeset with "${name}": major`
  }
  if (record[next] === api) return undefined
  return `.changeset/filter-api.json says ${record[next] ?? 'nothing'} of ${name} ${next}.x, which has api ${api}`
}

/** The front matter of a changeset: `"NAME": major`. */
function bumpsMajor(text: string, name: string): boolean {
  const [, matter = ''] = /^---\n([\s\S]*?)\n?---/.exec(text) ?? []
  return matter.split('\n').some((line) => line.replaceAll(/["'\s]/g, '') === `${name}:major`)
}
