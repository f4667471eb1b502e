import { loadTasks, ownTasks } from '../../../src/cli/eval/tasks/load-tasks.ts'
import { solutions, type Solution } from '../solutions/index.js'
import { startScriptedModel, type ScriptedModel, type ScriptedModelOptions } from './scripted-model.ts'
import { SolutionPlayer } from './solution-player.ts'
import type { ScriptedRequest } from './scripted-reply.ts'

/** Starts a model that solves the tasks of this package. The name of the model selects the solution: `right`, `wrong-0`, `wrong-1`. */
export async function startSolvingModel(
  options: Pick<ScriptedModelOptions, 'fault'> & { readonly sealsReasoning?: boolean } = {},
): Promise<ScriptedModel> {
  const ids = new Map(loadTasks(ownTasks()).tasks.map(({ id, prompt }) => [prompt, id]))
  const players = new Map<string, SolutionPlayer>()
  const playerOf = ({ prompt, model, results }: ScriptedRequest): SolutionPlayer => {
    const [result] = results
    // The ids of calls name the conversation, because an API has no other name for it.
    const known = result === undefined ? undefined : players.get(result.id.split('-')[0] ?? '')
    if (known !== undefined) return known
    const prefix = `call${players.size}`
    const player = new SolutionPlayer(solutionOf(ids.get(prompt) ?? '', model), prefix)
    players.set(prefix, player)
    return player
  }
  return await startScriptedModel({
    ...options,
    reply: async (request) => ({
      ...(await playerOf(request).reply(request)),
      ...(options.sealsReasoning === undefined ? {} : { sealsReasoning: options.sealsReasoning }),
    }),
  })
}

function solutionOf(id: string, model: string): Solution {
  const { right, wrong } = solutions[id] ?? {}
  const number = Number(/^wrong-(\d)$/.exec(model)?.[1] ?? -1)
  const found = number < 0 ? right : Object.values(wrong ?? {})[number]
  if (found === undefined) throw new Error(`no solution ${model} of task ${id}`)
  return found
}
