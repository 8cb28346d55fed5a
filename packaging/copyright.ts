/**
 * The copyright file (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0): ours, and that of each package that is
 * vendored, with the text of the license that comes with it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Vendored } from './vendor.js'

const FORMAT = 'https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'

/**
 * `root` is the checkout, and `modules` the path of the directory `node_modules` in which the vendored packages are installed. Throws
 * where a package has no license.
 */
export function printCopyright(root: string, vendored: readonly Vendored[], modules: string): string {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8')
  const others = vendored.filter(({ manifest }) => !manifest.name.startsWith('@candy/'))
  const stanzas = [
    `Format: ${FORMAT}\nUpstream-Name: PostfixCandy`,
    stanza('*', 'MIT', holders(own), own),
    ...others.map(({ manifest, directory, place }) => {
      // Two texts of one license differ in whom they name, so each gets a name of its own.
      const license = `${manifest.license}-${place.replace(/[^A-Za-z0-9.]+/g, '-')}`
      const text = readLicense(directory)
      return stanza(`${modules}/${place}/*`, license, holders(text), quote(manifest.license) ?? text)
    }),
  ]
  return `${stanzas.join('\n\n')}\n`
}

function stanza(files: string, license: string, copyright: readonly string[], text: string): string {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
  return `Files: ${files}\nCopyright: ${copyright.join('\n ')}\nLicense: ${license}\n${lines.join('\n')}`
}

function holders(text: string): readonly string[] {
  return text.match(/^\s*Copyright .*\d{4}.*$/gim)?.map((line) => line.trim()) ?? ['See the license.']
}

/** Policy §12.5 has a license that comes with every Debian system named by its path; undefined for another one. */
function quote(license: string): string | undefined {
  return license === 'Apache-2.0'
    ? `On Debian systems the text is in /usr/share/common-licenses/${license}.`
    : undefined
}

function readLicense(directory: string): string {
  const name = readdirSync(directory).find((one) => /^licen[cs]e/i.test(one))
  if (name === undefined) throw new Error(`${directory} has no license`)
  return readFileSync(join(directory, name), 'utf8')
}
