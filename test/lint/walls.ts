/** The walls between packages and floors, as docs/architecture.md draws them: who may import whom. */

export interface Wall {
  readonly never: readonly string[]
  readonly may: readonly string[]
}

/** The runner's floors from the top; one may import what stands below it, where no wall says otherwise. */
const floors = ['cli', 'service', 'front', 'site', 'postfix', 'chain', 'quarantine', 'message', 'smtp', 'log'] as const
type Floor = (typeof floors)[number]

function all(...names: readonly Floor[]): readonly string[] {
  return names.map((name) => `../${name}/x.js`)
}

function above(floor: Floor): readonly string[] {
  return all(...floors.slice(0, floors.indexOf(floor)))
}

const filters = ['@candy/filter-clamav', '@candy/filter-spamassassin']

/** For each folder with a wall around it: what a file in it must not import, and what it may. */
export const walls: Readonly<Record<string, Wall>> = {
  'packages/runner/src/cli': { never: filters, may: all('service', 'front', 'site', 'postfix', 'log') },
  'packages/runner/src/service': { never: [...above('service'), ...filters], may: all('front', 'site', 'log') },
  'packages/runner/src/front': {
    never: [...above('front'), '@candy/master-cf', ...filters],
    may: [...all('site', 'chain', 'quarantine', 'message', 'smtp', 'log'), '@candy/sdk'],
  },
  'packages/runner/src/site': { never: [...above('site'), ...filters], may: all('postfix', 'chain', 'log') },
  'packages/runner/src/postfix': { never: [...above('postfix'), ...filters], may: [...all('log'), '@candy/master-cf'] },
  'packages/runner/src/chain': {
    never: [...above('chain'), '@candy/master-cf', ...filters],
    may: [...all('message', 'log'), '@candy/sdk'],
  },
  'packages/runner/src/quarantine': {
    never: [...above('quarantine'), ...all('smtp'), '@candy/master-cf', ...filters],
    may: [...all('message', 'log'), '@candy/sdk'],
  },
  'packages/runner/src/message': {
    never: [...above('message'), ...all('smtp'), '@candy/master-cf', ...filters],
    may: [...all('log'), '@candy/sdk'],
  },
  'packages/runner/src/smtp': {
    never: [...above('smtp'), ...all('log'), '@candy/sdk'],
    may: ['./x.js', '@candy/sdk/values'],
  },
  'packages/runner/src/log': { never: [...above('log'), '@candy/master-cf', ...filters], may: ['./x.js'] },
  'packages/sdk/src': { never: ['@candy/runner', '@candy/master-cf', '@candy/filter-clamav'], may: ['./x.js'] },
  'packages/master-cf/src': { never: ['@candy/runner', '@candy/sdk'], may: ['./x.js'] },
  'packages/filter-clamav/src': {
    never: ['@candy/runner', '@candy/master-cf', '@candy/filter-spamassassin'],
    may: ['@candy/sdk', './clamd/x.js'],
  },
  'packages/filter-clamav/src/clamd': { never: ['@candy/sdk', '../x.js'], may: ['./x.js'] },
  'packages/filter-spamassassin/src': {
    never: ['@candy/runner', '@candy/master-cf', '@candy/filter-clamav'],
    may: ['@candy/sdk', './spamd/x.js'],
  },
  'packages/filter-spamassassin/src/spamd': { never: ['@candy/sdk', '../x.js'], may: ['./x.js'] },
  examples: {
    never: ['@candy/runner', '@candy/master-cf', '@candy/filter-clamav', '@candy/create-filter'],
    may: ['@candy/sdk', './x.js'],
  },
  'packages/create-filter/src': { never: ['@candy/runner', '@candy/master-cf', '@candy/sdk'], may: ['./x.js'] },
}
