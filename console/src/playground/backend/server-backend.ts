import type { ConsoleCatalogue } from '../../../../src/console/api.ts'
import type { Backend, Example, PlaygroundCatalogue, Run, RunEvent, RunRequest, ToolGroup } from './backend.ts'
import type { ServerRequests } from './server-requests.ts'
import { ServerRun } from './server-run.ts'

const listTools: Example = {
  title: 'List the tools',
  teaches: 'A program calls the tools of the configuration of this console.',
  source: '// Type "tools." to see what a program can call.\ntext(ALL_TOOLS.map(({ name }) => name))\n',
}

/** The group of tools that belong to no server. */
const ownTools = 'tools of the program'

/** Runs programs on the server of the console, with the tools of its configuration. */
export class ServerBackend implements Backend {
  readonly hasIntl: boolean
  readonly note =
    'Programs run on the server of this console, with its tools. Calls that can change something wait for an approval.'
  readonly hasResponses = false
  readonly examples = [listTools] as const
  readonly groups: readonly ToolGroup[]
  readonly #catalogue: ConsoleCatalogue
  readonly #requests: ServerRequests

  constructor(catalogue: ConsoleCatalogue, requests: ServerRequests, hasIntl: boolean) {
    this.#catalogue = catalogue
    this.#requests = requests
    this.hasIntl = hasIntl
    const servers = new Set(catalogue.tools.map(({ server }) => server ?? ownTools))
    this.groups = [...servers].sort().map((server) => ({ id: server, title: server }))
  }

  catalogue(groups: readonly string[]): Promise<PlaygroundCatalogue> {
    const chosen = this.#chosen(groups)
    const tools = chosen.map(({ identifier, description, declaration, server }) => ({
      identifier,
      group: server ?? ownTools,
      description: `${description}\n\nexec tool declaration:\n${declaration}`,
      sampleResult: null,
    }))
    return Promise.resolve({
      tools,
      declarations: this.#declarationsOf(chosen),
      execDescription: this.#catalogue.execDescription,
    })
  }

  run({ source, groups }: RunRequest, onEvent: (event: RunEvent) => void): Run {
    const run = new ServerRun(this.#requests, onEvent)
    const tools = this.#chosen(groups).map(({ identifier }) => identifier)
    void run.start({ source, tools })
    return run
  }

  #chosen(groups: readonly string[]): ConsoleCatalogue['tools'] {
    return this.#catalogue.tools.filter(({ server }) => groups.includes(server ?? ownTools))
  }

  /** Returns the declarations of the chosen tools: those of the server with all tools, without the others. */
  #declarationsOf(chosen: ConsoleCatalogue['tools']): string {
    const { declarations, tools } = this.#catalogue
    if (chosen.length === tools.length) return declarations
    const names = chosen.map(({ identifier }) => JSON.stringify(identifier)).join(' | ')
    const all = declarations.replace('declare const tools: {', 'declare const tools_of_all_groups: {')
    return `${all}\ndeclare const tools: Pick<typeof tools_of_all_groups, ${names === '' ? 'never' : names}>;\n`
  }
}
