/** The control file of a package (deb-control(5)), and how packages of npm are called in Debian. */

/** Fields of the control file, in the order in which they are printed. An empty one is left out. */
export interface Control {
  readonly Package: string
  readonly Version: string
  readonly Architecture: string
  readonly Depends: readonly string[]
  readonly Recommends: readonly string[]
  readonly Suggests: readonly string[]
  readonly Enhances: readonly string[]
  readonly Provides: readonly string[]
  /** The first line, without a full stop. */
  readonly synopsis: string
  /** Paragraphs, lines of at most 79 characters. */
  readonly description: readonly string[]
}

/** Who makes the packages, as dch(1) is told; the default names nobody who could be written to. */
export function maintainer(): string {
  const { DEBFULLNAME: name = 'The PostfixCandy authors', DEBEMAIL: address = 'postmaster@localhost' } = process.env
  return `${name} <${address}>`
}

/** `@candy/filter-clamav` is `candy-filter-clamav`. */
export function debianName(name: string): string {
  return name.replace(/^@/, '').replaceAll('/', '-')
}

/** The version in Debian: a hyphen would begin the revision, and what comes before a release sorts before it (deb-version(7)). */
export function debianVersion(version: string, revision: string): string {
  return `${version.replaceAll('-', '~')}-${revision}`
}

/** `kilobytes` is the size of what is installed. */
export function printControl(control: Control, kilobytes: number): string {
  const { synopsis, description, Package, Version, Architecture, ...relations } = control
  const lists = Object.entries(relations).filter(([, names]) => names.length > 0)
  return [
    `Package: ${Package}`,
    `Version: ${Version}`,
    `Architecture: ${Architecture}`,
    `Maintainer: ${maintainer()}`,
    `Installed-Size: ${kilobytes}`,
    ...lists.map(([field, names]) => `${field}: ${names.join(', ')}`),
    'Section: mail',
    'Priority: optional',
    `Description: ${synopsis}`,
    ...description.flatMap((paragraph, at) => [
      ...(at > 0 ? [' .'] : []),
      ...wrap(paragraph).map((line) => ` ${line}`),
    ]),
    '',
  ].join('\n')
}

/** Lines of at most 78 characters. */
function wrap(text: string): readonly string[] {
  return text.match(/\S(?:.{0,76}\S)?(?=\s|$)/g) ?? []
}
