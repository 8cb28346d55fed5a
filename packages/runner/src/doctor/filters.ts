/** Whether the filters can be loaded, and what each says of its scanner when it is asked as the account candy (`check()`). */
import { counted } from './counting.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

export async function examineFilters({ asCandy, candy, instance }: Host): Promise<readonly Observation[]> {
  const { problems, health, filters } = await asCandy.filters()
  if (problems.length > 0) {
    return problems.map((problem) =>
      urgent(
        problem,
        'What is wrong is never put in force: the service goes on with what it has, and in mode pipe all mail waits. Mend the file, then type the command.',
        [candy('reload')],
      ),
    )
  }
  if (filters.length === 0) {
    return [
      ailing(`${instance.configDirectory}/filters.d has no filters`, 'All mail passes unfiltered.', [
        candy('add', '@candy/filter-clamav'),
      ]),
    ]
  }
  const silent = filters.length - health.length
  return [
    ...health.map(({ name, ok, text }) =>
      ok
        ? well(`${name}: ${text}`)
        : urgent(
            `${name}: ${text}`,
            'Mail waits while the filter cannot decide, or is not judged as it should be; on_error in its drop-in says which.',
            [],
          ),
    ),
    ...(silent === 0 ? [] : [well(`${counted(silent, 'filter')} can be loaded, with no scanner to ask`)]),
  ]
}
