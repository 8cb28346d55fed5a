import { expect, test } from 'vitest'
import { type Control, debianName, debianVersion, printControl } from '../../packaging/control.js'

test('a package of npm has the name and the version that Debian has for such', () => {
  expect(debianName('@candy/filter-clamav')).toBe('candy-filter-clamav')
  expect(debianName('candy-filter-size')).toBe('candy-filter-size')
  expect(debianVersion('1.2.3', '1')).toBe('1.2.3-1')
  // deb-version(7): what follows "~" sorts before the release.
  expect(debianVersion('2.0.0-rc.1', '1')).toBe('2.0.0~rc.1-1')
})

test('the control file has only fields that say something, and lines that are no longer than 79 characters', () => {
  const words = Array.from({ length: 40 }, () => 'word').join(' ')
  const control: Control = {
    Package: 'candy-filter-x',
    Version: '1.0.0-1',
    Architecture: 'all',
    Depends: ['postfix-candy', 'nodejs (>= 20.19)'],
    Recommends: [],
    Suggests: [],
    Enhances: [],
    Provides: ['candy-filter'],
    synopsis: 'a filter',
    description: [words, 'second paragraph'],
  }
  const lines = printControl(control, 12).split('\n')
  expect(lines).toContain('Depends: postfix-candy, nodejs (>= 20.19)')
  expect(lines).toContain('Installed-Size: 12')
  expect(lines.filter((line) => line.startsWith('Recommends'))).toEqual([])
  const description = lines.slice(lines.indexOf('Description: a filter') + 1, -1)
  expect(description.every((line) => line.startsWith(' ') && line.length <= 79)).toBe(true)
  expect(description.join('').match(/word/g)).toHaveLength(40)
  expect(description.slice(-2)).toEqual([' .', ' second paragraph'])
})
