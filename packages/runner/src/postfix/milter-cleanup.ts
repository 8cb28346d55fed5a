/**
 * The cleanup(8) service to which pickup(8) gives mail from sendmail(1) in mode milter. It does what the site's own service does, and
 * has candy as a milter (filter-option.ts says why the site's own does not).
 */
import { candyMilter } from './candy-milter.js'
import type { Instance } from './instance.js'
import { setsParameter } from './main-cf.js'
import { MILTER, MILTER_LISTS, withMilterWord } from './milter-list.js'
import type { Mode } from './mode.js'
import type { ParameterSetting } from './parameter-setting.js'
import type { CandyService } from './services.js'

export const MILTER_CLEANUP = 'candy-cleanup-milter'

/**
 * Whether master.cf needs the service: it comes with the mode milter, and stays when the mode is switched, for mail that is on its
 * way. In other sites its options would have no effect, and postconf(1) would warn of them.
 */
export function needsMilterCleanup({ mainText }: Pick<Instance, 'mainText'>, mode: Mode): boolean {
  return mode === 'milter' || setsParameter(mainText, MILTER)
}

/** `own` are the options of the site's own cleanup(8). */
export function milterCleanup(instance: Instance, own: readonly ParameterSetting[]): CandyService {
  const [, list] = MILTER_LISTS
  return {
    service: MILTER_CLEANUP,
    type: 'unix',
    // pickup(8) looks for its cleanup service in public/.
    private: 'n',
    chroot: 'n',
    maxproc: '0',
    command: 'cleanup',
    options: [
      ...own.map((option) =>
        option.name === list ? { ...option, value: withMilterWord(instance.mainText, option.value) } : option,
      ),
      {
        name: MILTER,
        value: candyMilter(instance, { command: 'cleanup' }),
        why: 'Mail that pickup(8) brings is judged before it is in the queue.',
      },
    ],
  }
}
