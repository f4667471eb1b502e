/** A group of the sidebar; its pages are paths in `docs`, without `.md`, with their titles. */
export type Group = { readonly text: string; readonly pages: Readonly<Record<string, string>> }

/** The order of the pages on the site. A test compares it with the pages in `docs`. */
export const groups: readonly Group[] = [
  {
    text: 'Introduction',
    pages: {
      'why-code-mode': 'Why code mode',
      tutorial: 'Tutorial',
      examples: 'Examples',
      playground: 'Playground',
      comparison: 'Comparison',
      pages: 'All pages',
    },
  },
  {
    text: 'Quickstarts',
    pages: {
      'quickstart/mcp-client': 'MCP clients',
      'quickstart/ai-sdk': 'AI SDK',
      'quickstart/openai-agents': 'OpenAI Agents SDK',
      'quickstart/responses': 'Responses API',
      'quickstart/messages': 'Messages API',
      'quickstart/own-loop': 'Your own loop',
      'quickstart/codex': 'OpenAI Codex',
    },
  },
  {
    text: 'Guides',
    pages: {
      programs: 'Programs',
      migrating: 'Migrating from plain tools',
      'testing-programs': 'Testing programs',
      eval: 'Evaluations',
      'untrusted-code': 'Untrusted code',
      observability: 'Observability',
      bundlers: 'Bundlers',
      portable: 'Browsers and edge platforms',
      serving: 'Serving from several machines',
      'deployment/container': 'A single container',
      'deployment/compose': 'Docker Compose',
      'deployment/kubernetes': 'Kubernetes',
      'deployment/sizing': 'Sizing',
    },
  },
  {
    text: 'Tools',
    pages: {
      agents: 'Integrations',
      'mcp-server': 'The MCP server',
      configuration: 'Configuration',
      login: 'Logins',
      openapi: 'OpenAPI',
      codex: 'OpenAI Codex',
      catalogue: 'Tool catalogue',
      validation: 'Validation',
      approvals: 'Approvals',
      'deferred-results': 'Deferred results',
    },
  },
  {
    text: 'Sessions',
    pages: {
      waiting: 'Waiting',
      output: 'Long outputs',
      following: 'Following a cell',
      durability: 'Durable sessions',
      'shared-store': 'Shared store',
      nodes: 'Nodes',
      'moving-sessions': 'Moving sessions',
      fleet: 'Fleet',
      eviction: 'Eviction',
      engines: 'Engines',
      'remote-hosts': 'Cells on other machines',
    },
  },
  {
    text: 'Traces',
    pages: {
      console: 'Console',
      tracing: 'Recording traces',
      'trace-viewer': 'Trace viewer',
      replay: 'Replaying cells',
      'trace-export': 'Exporting traces',
      telemetry: 'OpenTelemetry',
    },
  },
  {
    text: 'Concepts',
    pages: {
      architecture: 'Architecture',
      security: 'Security',
      compatibility: 'Differences from the reference',
      performance: 'Performance',
      glossary: 'Glossary',
    },
  },
  {
    text: 'Reference',
    pages: {
      cli: 'Command line',
      limits: 'Limits',
      errors: 'Errors',
      'trace-format': 'Trace format',
      protocol: 'Host protocol',
    },
  },
  {
    text: 'Project',
    pages: {
      conformance: 'Conformance cases',
      testing: 'Testing',
      dependencies: 'Dependencies',
    },
  },
]
