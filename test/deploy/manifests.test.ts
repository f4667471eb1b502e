import { expect, test, describe } from 'vitest'
import { z } from 'zod'
import { parseCommandLine, type CommandLine } from '../../src/cli/common/command-line.ts'
import { hostsSpec } from '../../src/cli/specs/hosts-command.ts'
import { serveSpec } from '../../src/cli/specs/run-commands.ts'
import {
  deployFile,
  problemsOf,
  readCompose,
  readDeployment,
  readManifests,
  secondsOf,
  type ComposeService,
} from './deployment.ts'

const files = ['namespace.yaml', 'nodes.yaml', 'hosts.yaml', 'network-policies.yaml']
const manifests = files.flatMap((name) => readManifests(name))
const { raw, compose } = readCompose()
const [node, hosts] = [readDeployment('nodes.yaml'), readDeployment('hosts.yaml')]

function nameOf(manifest: unknown): string {
  const { kind, metadata } = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) }).parse(manifest)
  return `${kind} ${metadata.name}`
}

/** Parses the arguments of a container as the command line does. */
function parsed([command, ...args]: readonly string[]): CommandLine {
  return parseCommandLine(command === 'serve' ? serveSpec : hostsSpec, args)
}

const commands: readonly [string, readonly string[]][] = [
  ...Object.entries(compose.services)
    .filter(([, { image }]) => image === 'codecell')
    .map(([name, service]): [string, readonly string[]] => [`compose ${name}`, service.command]),
  ...[node, hosts].map(({ metadata, spec }): [string, readonly string[]] => [
    `Deployment ${metadata.name}`,
    spec.template.spec.containers[0].args,
  ]),
]

describe('the manifests of Kubernetes', () => {
  test.each(manifests.map((manifest) => ({ name: nameOf(manifest), manifest })))('$name is valid', ({ manifest }) => {
    expect(problemsOf('kubernetes', manifest)).toEqual([])
  })

  test('a misspelled field, a wrong type and an unknown kind are noticed', () => {
    const text = JSON.stringify(manifests.find((each) => JSON.stringify(each).includes('"Deployment"')))
    const changes: readonly [string, string][] = [
      ['"runAsNonRoot":true', '"runAsNonroot":true'],
      ['"timeoutSeconds":3', '"timeoutSeconds":"3"'],
      ['"kind":"Deployment"', '"kind":"Deploiment"'],
      ['"apiVersion":"apps/v1"', '"apiVersion":"apps/v2"'],
      ['"httpGet"', '"httpget"'],
    ]
    for (const [before, after] of changes) {
      expect(text).toContain(before)
      expect([after, problemsOf('kubernetes', JSON.parse(text.replace(before, after))).length]).not.toEqual([after, 0])
    }
  })

  test.each([node, hosts])('the selectors of $metadata.name match its pods, and no others', ({ metadata, spec }) => {
    const { labels } = spec.template.metadata
    expect(spec.selector.matchLabels).toEqual(labels)
    const text = JSON.stringify(manifests)
    // The Deployment, its spread, its PodDisruptionBudget, and the policies: its own, and connections from or to other pods.
    const selectors = text.split(`"matchLabels":${JSON.stringify(labels)}`).length - 1
    expect([metadata.name, selectors]).toEqual([metadata.name, metadata.name === 'codecell-node' ? 7 : 5])
    expect(text.split(`"selector":${JSON.stringify(labels)}`).length - 1).toBe(1)
    expect(text).toContain(
      `"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"${metadata.name}"},"minReplicas":2`,
    )
  })

  test.each([node, hosts])('$metadata.name has probes on its ports, and no rights', ({ spec }) => {
    const pod = spec.template.spec
    const [container] = pod.containers
    const names = new Set(container.ports.map(({ name }) => name))
    for (const { httpGet } of [container.startupProbe, container.livenessProbe]) {
      expect([httpGet.path, names.has(httpGet.port)]).toEqual(['/healthz', true])
    }
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    // A check takes up to two seconds.
    expect(container.readinessProbe.timeoutSeconds).toBeGreaterThan(2)
    expect([pod.automountServiceAccountToken, pod.securityContext.runAsNonRoot]).toEqual([false, true])
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(
      pod.volumes.map(({ name }) => name).toSorted(),
    )
  })

  test('hosts run in a sandbox, have no variables, and get no connections apart from those of nodes', () => {
    const pod = hosts.spec.template.spec
    expect(pod.containers[0].env).toEqual([])
    expect(pod.volumes.map(({ name }) => name)).toEqual(['tmp', 'tls'])
    expect(manifests).toContainEqual(
      expect.objectContaining({ kind: 'RuntimeClass', metadata: { name: pod.runtimeClassName } }),
    )
    expect(manifests).toContainEqual(
      expect.objectContaining({
        kind: 'NetworkPolicy',
        spec: {
          podSelector: { matchLabels: hosts.spec.template.metadata.labels },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [
            {
              from: [{ podSelector: { matchLabels: node.spec.template.metadata.labels } }],
              ports: [{ protocol: 'TCP', port: 'hosts' }],
            },
          ],
          egress: [],
        },
      }),
    )
    expect(manifests).toContainEqual(
      expect.objectContaining({
        kind: 'NetworkPolicy',
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      }),
    )
  })

  test('pods have more time to end than their drain takes', () => {
    const [nodePod, hostsPod] = [node.spec.template.spec, hosts.spec.template.spec]
    const [container] = nodePod.containers
    const preStop = container.lifecycle?.preStop.sleep.seconds ?? 0
    const drain = secondsOf(container.args, 'drain-timeout')
    expect(nodePod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + drain + 15)
    expect(hostsPod.terminationGracePeriodSeconds).toBeGreaterThan(
      secondsOf(hostsPod.containers[0].args, 'drain-timeout') + 10,
    )
  })
})

describe('the Compose file', () => {
  test('is valid', () => {
    expect(problemsOf('compose', raw)).toEqual([])
  })

  test.each([
    ['"read_only"', '"readonly"'],
    ['"condition":"service_healthy"', '"condition":"healthy"'],
    ['"internal":true', '"internal":"yes, please"'],
  ])('a change of %s to %s is noticed', (before, after) => {
    const text = JSON.stringify(raw)
    expect(text).toContain(before)
    expect(problemsOf('compose', JSON.parse(text.replace(before, after)))).not.toEqual([])
  })

  test('refers to networks, secrets and configurations that exist, and to all of them', () => {
    const services = Object.values(compose.services)
    const used = (names: readonly (readonly string[])[]): readonly string[] => [...new Set(names.flat())].toSorted()
    expect(used(services.map(({ networks }) => networks))).toEqual(Object.keys(compose.networks).toSorted())
    expect(used(services.map(({ secrets }) => secrets))).toEqual(Object.keys(compose.secrets).toSorted())
    const sources = services.map(({ configs }) => configs.map(({ source }) => source))
    expect(used(sources)).toEqual(Object.keys(compose.configs).toSorted())
    for (const { file } of Object.values(compose.configs)) expect(deployFile(file)).not.toBe('')
  })

  test('the balancer knows each node, and starts before them', () => {
    const config = deployFile('haproxy.cfg')
    const nodes = Object.keys(compose.services).filter((name) => name.startsWith('node-'))
    expect([...config.matchAll(/^ {2}server (\S+) (\S+)$/gm)].map(([, name, address]) => [name, address])).toEqual(
      nodes.map((name) => [name, `${name}:8080`]),
    )
    expect(config).toContain('httpchk GET /readyz')
    // Names that cannot be resolved yet would end the balancer.
    expect(config).toContain('init-addr none')
  })

  test('host machines have networks without a way out, which they share with nodes only, and no passwords', () => {
    for (const name of ['hosts-1', 'hosts-2']) {
      const { networks = [], environment, secrets } = compose.services[name] ?? {}
      expect([networks.length, environment, secrets]).toEqual([1, {}, ['ca.pem', 'host.pem', 'host.key']])
      const [network = ''] = networks
      expect(compose.networks[network]?.internal).toBe(true)
      const members = Object.entries(compose.services).filter(([, service]) => service.networks.includes(network))
      expect(members.map(([member]) => member)).toEqual(['node-1', 'node-2', name])
    }
  })

  test('containers of codecell are read-only, without capabilities, and have more time to end than their drain takes', () => {
    for (const [name, service] of Object.entries(compose.services).filter(([, { image }]) => image === 'codecell')) {
      expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ['ALL']])
      const drain = secondsOf(service.command, 'drain-timeout')
      const slack = name.startsWith('node') ? 15 : 10
      expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(drain + slack)
      expect(service.healthcheck?.test.join(' ')).toContain('/readyz')
    }
  })
})

test.each(commands)('the command of %s has known flags, and its files are mounted', (name, args) => {
  const line = parsed(args)
  const paths = args.flatMap((arg) => /^--[\w-]+=(\/.*)$/.exec(arg)?.[1] ?? [])
  expect(paths.length).toBeGreaterThan(2)
  const mounted = name.startsWith('compose')
    ? mountsOf(compose.services[name.slice('compose '.length)])
    : [node, hosts]
        .filter(({ metadata }) => name.endsWith(metadata.name))
        .flatMap(({ spec }) => spec.template.spec.containers[0].volumeMounts.map(({ mountPath }) => mountPath))
  for (const path of paths) expect([path, mounted.some((mount) => path.startsWith(mount))]).toEqual([path, true])
  for (const flag of ['tls-cert', 'tls-key', 'tls-ca']) expect(line.has(flag)).toBe(true)
})

function mountsOf(service: ComposeService | undefined): readonly string[] {
  if (service === undefined) return []
  return [...service.secrets.map((secret) => `/run/secrets/${secret}`), ...service.configs.map(({ target }) => target)]
}

test('certificates have the names by which nodes connect', () => {
  const script = deployFile('certificates.sh')
  const [, names = ''] = /HOST_NAMES:-([^}]*)/.exec(script) ?? []
  const [, nodeNames = ''] = /NODE_NAMES:-([^}]*)/.exec(script) ?? []
  for (const name of ['node-1', 'node-2']) {
    const { hostname } = new URL(parsed(compose.services[name]?.command ?? []).text('peer-url') ?? '')
    expect([hostname, nodeNames.split(',')]).toEqual([name, expect.arrayContaining([`DNS:${name}`])])
  }
  const peerName = parsed(node.spec.template.spec.containers[0].args).text('peer-server-name')
  expect(nodeNames.split(',')).toContain(`DNS:${peerName}`)
  const nodeLine = parsed(compose.services['node-1']?.command ?? [])
  const machines = nodeLine.list('hosts-at').flatMap((list) => list.split(','))
  for (const machine of machines) expect(names.split(',')).toContain(`DNS:${machine.split(':')[0]}`)
  const serverName = parsed(node.spec.template.spec.containers[0].args).text('tls-server-name')
  expect(names.split(',')).toContain(`DNS:${serverName}`)
})

test('the image runs as a user that is not root, without a shell, with the tested version of pg', () => {
  const dockerfile = deployFile('Dockerfile')
  expect(dockerfile).toMatch(/\nUSER 10001:10001\n/)
  expect(dockerfile).toMatch(/\nENTRYPOINT \["node", /)
  expect(node.spec.template.spec.securityContext.runAsUser).toBe(10_001)
  const { dependencies } = JSON.parse(deployFile('package.json'))
  const { devDependencies } = JSON.parse(deployFile('../../package.json'))
  expect(dependencies.pg).toBe(devDependencies.pg)
  expect(dockerfile.match(/^FROM node:24-/gm)).toHaveLength(2)
})
