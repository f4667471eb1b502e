import { textTable } from '../../terminal/text-table.ts'
import type { TaskSet } from '../tasks/task.ts'

/** Returns the list of tasks for `--list`. */
export function listText({ tasks }: TaskSet, { isJson }: { readonly isJson: boolean }): string {
  const lines = isJson
    ? tasks.map(({ id, tags, servers, prompt }) => JSON.stringify({ id, tags, servers, prompt }))
    : textTable([
        ['task', 'servers', 'tags'],
        ...tasks.map(({ id, servers, tags }) => [id, servers.join(', '), tags.join(', ')]),
      ])
  return `${lines.join('\n')}\n`
}
