/** Filters that guess when their backend fails, or whose `check()` or `learn()` does. */
import { accept } from '../../../../src/index.js'
import { ask, send } from '../daemon.js'
import { asking, type Broken, scan } from './broken.js'

export const BACKEND_FAILURES: readonly Broken[] = [
  ...(
    [
      'refuses connections',
      'never answers',
      'closes the connection midway',
      'answers nonsense',
      'sends half an answer',
    ] as const
  ).map((what) => ({
    check: `throws when its backend ${what}`,
    how: 'an error taken for a yes',
    subject: asking((options) => ({
      judge: (mail, { signal }) => scan(options, mail, signal).catch(() => accept()),
    })),
    says: new RegExp(`gives accept though its backend ${what}`),
  })),
  {
    check: 'throws when its backend refuses connections',
    how: 'a guess that leaves the operator no choice',
    subject: asking((options) => ({
      judge: (mail, { signal }) =>
        scan(options, mail, signal).catch(() => ({ action: 'defer' as const, text: 'later' })),
    })),
    says: /gives defer \("later"\)/,
  },
  {
    check: 'throws when its backend sends half an answer',
    how: 'a parser that is content with a beginning',
    subject: asking(({ address }) => ({
      judge: async (mail, { signal }) => {
        await ask(address, signal, send(mail, signal)).catch((error: unknown) => {
          if (!/cut short: cl/.test(String(error))) throw error
        })
        return accept()
      },
    })),
    says: /gives accept though its backend sends half an answer/,
  },
  {
    check: 'reports a bad backend in check() without throwing',
    how: 'a check that throws',
    subject: asking(({ address }) => ({
      check: async ({ signal }) => ({ ok: true, text: await ask(address, signal, ['PING\n']) }),
    })),
    says: /check\(\) threw when its backend refuses connections/,
  },
  {
    check: 'reports a bad backend in check() without throwing',
    how: 'a check that does not look',
    subject: asking(() => ({ check: async () => ({ ok: true, text: 'fine' }) })),
    says: /says "fine" though its backend refuses connections/,
  },
  {
    check: 'throws in learn() when its backend is bad',
    how: 'a failure taken for a lesson that was known',
    subject: asking(({ address }) => ({
      learn: (_mail, lesson, { signal }) =>
        ask(address, signal, [`LEARN ${lesson}\n`]).then(
          () => true,
          () => false,
        ),
    })),
    says: /learn\(\) returns false though its backend refuses connections/,
  },
]
