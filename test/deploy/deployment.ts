import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Validator, type Schema } from '@cfworker/json-schema'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'

/** Returns the text of a file of `examples/deploy`. */
export function deployFile(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../examples/deploy/${name}`, import.meta.url)), 'utf8')
}

/** Returns the problems of a value by a schema of `test/deploy/schemas`, one line for each. */
export function problemsOf(schema: 'compose' | 'kubernetes', value: unknown): readonly string[] {
  const text = readFileSync(new URL(`schemas/${schema}.json`, import.meta.url), 'utf8')
  const parsed: Schema = JSON.parse(text)
  const validator = new Validator(parsed, schema === 'compose' ? '7' : '2020-12', false)
  return validator.validate(value).errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
}

type Labels = Readonly<Record<string, string>>

export type ComposeService = {
  readonly image: string
  readonly command: readonly string[]
  readonly networks: readonly string[]
  readonly secrets: readonly string[]
  readonly configs: readonly { readonly source: string; readonly target: string }[]
  readonly environment: Labels
  readonly read_only?: boolean | undefined
  readonly cap_drop: readonly string[]
  readonly stop_grace_period?: string | undefined
  readonly healthcheck?: { readonly test: readonly string[] } | undefined
}

type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean | undefined }>>
  readonly configs: Readonly<Record<string, { readonly file: string }>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

type Probe = {
  readonly httpGet: { readonly path: string; readonly port: string }
  readonly timeoutSeconds?: number | undefined
}

type Container = {
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } } | undefined
  readonly securityContext: unknown
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

export type Deployment = {
  readonly kind: 'Deployment'
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels }
    readonly template: {
      readonly metadata: { readonly labels: Labels }
      readonly spec: {
        readonly runtimeClassName?: string | undefined
        readonly automountServiceAccountToken: boolean
        readonly terminationGracePeriodSeconds: number
        readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number }
        readonly containers: readonly [Container]
        readonly volumes: readonly { readonly name: string }[]
      }
    }
  }
}

const labels = z.record(z.string(), z.string())
const names = z.array(z.string())

const service: z.ZodType<ComposeService> = z.object({
  image: z.string(),
  command: names.default([]),
  networks: names,
  secrets: names.default([]),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
  environment: labels.default({}),
  read_only: z.boolean().optional(),
  cap_drop: names.default([]),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ test: names }).optional(),
})

const fileOf = z.object({ file: z.string() })

const composeFile: z.ZodType<ComposeFile> = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  configs: z.record(z.string(), fileOf),
  secrets: z.record(z.string(), fileOf),
})

const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  timeoutSeconds: z.number().optional(),
})

const container: z.ZodType<Container> = z.object({
  image: z.string(),
  args: names,
  env: z.array(z.object({ name: z.string() })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }).optional(),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
})

const deployment: z.ZodType<Deployment> = z.object({
  kind: z.literal('Deployment'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        runtimeClassName: z.string().optional(),
        automountServiceAccountToken: z.boolean(),
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({ runAsNonRoot: z.boolean(), runAsUser: z.number() }),
        containers: z.tuple([container]),
        volumes: z.array(z.object({ name: z.string() })),
      }),
    }),
  }),
})

/** Returns the Compose file: as it is without its fragments, and with the parts that the tests read. */
export function readCompose(): { readonly raw: unknown; readonly compose: ComposeFile } {
  const whole = z.record(z.string(), z.unknown()).parse(parse(deployFile('compose.yaml'), { merge: true }))
  const raw = Object.fromEntries(Object.entries(whole).filter(([name]) => !name.startsWith('x-')))
  return { raw, compose: composeFile.parse(raw) }
}

/** Returns the Kubernetes objects of a file. */
export function readManifests(name: string): readonly unknown[] {
  return parseAllDocuments(deployFile(`kubernetes/${name}`)).map((document): unknown => document.toJS())
}

export function readDeployment(name: string): Deployment {
  const found = readManifests(name).find((manifest) => deployment.safeParse(manifest).success)
  return deployment.parse(found)
}

/** Returns the duration of `--flag=MS` of a command, in seconds. */
export function secondsOf(args: readonly string[], flag: string): number {
  return Number(args.find((arg) => arg.startsWith(`--${flag}=`))?.split('=')[1]) / 1000
}
