/** The state of a clone from which a version is published. */
export type ReleaseState = {
  /** `version` of package.json, such as `0.2.0`. */
  readonly version: string
  /** The version that the package reports, `packageVersion`. */
  readonly reportedVersion: string
  /** `version` of package-lock.json. */
  readonly lockedVersion: string
  /** `repository.url` of package.json. */
  readonly repository: string
  /** The URL of the remote `origin`, or null without one. */
  readonly origin: string | null
  readonly branch: string
  /** Paths with changes that are not committed. */
  readonly changedFiles: readonly string[]
  /** Names of the files in `.changeset` that describe changes. */
  readonly pendingChangesets: readonly string[]
  readonly changelog: string
  readonly tags: readonly string[]
}

/** Returns the reasons for which this state must not be published, each with the next step. */
export function releaseProblems(state: ReleaseState): string[] {
  return checks.flatMap((check) => check(state) ?? [])
}

const checks: readonly ((state: ReleaseState) => string | null)[] = [
  ({ branch }) => (branch === 'main' ? null : `expected the branch "main", got "${branch}"`),
  ({ changedFiles: [first, ...rest] }) =>
    first === undefined ? null : `expected no uncommitted changes, got "${first}"${andMore(rest)}; commit them`,
  ({ pendingChangesets: [first, ...rest] }) =>
    first === undefined ? null : `changesets are pending: "${first}"${andMore(rest)}; run "npm run version" and commit`,
  ({ version, reportedVersion, lockedVersion }) =>
    version === reportedVersion && version === lockedVersion
      ? null
      : `package.json has version ${version}, package-version.ts ${reportedVersion} and package-lock.json ${lockedVersion}; run "npm run version"`,
  ({ version, changelog }) => {
    const latest = /^## (.*)$/m.exec(changelog)?.[1]
    return latest === version
      ? null
      : `expected the first section of CHANGELOG.md to be "${version}", got ${latest === undefined ? 'none' : `"${latest}"`}`
  },
  ({ version, tags }) => (tags.includes(`v${version}`) ? `the tag v${version} exists; run "npm run version"` : null),
  ({ repository, origin }) =>
    origin !== null && nameOf(origin) === nameOf(repository)
      ? null
      : `the provenance of a package names its repository: expected the remote "origin" to be "${repository}", got ${origin === null ? 'none' : `"${origin}"`}; correct "repository" in package.json`,
]

function andMore(rest: readonly string[]): string {
  return rest.length === 0 ? '' : ` and ${rest.length} more`
}

/** Returns host, owner and name of a repository, which every form of its URL has. */
function nameOf(url: string): string {
  return url
    .replace(/^git\+/, '')
    .replace(/^(?:https?|ssh|git):\/\/(?:[^@/]*@)?/, '')
    .replace(/^[^@/:]*@([^:]+):/, '$1/')
    .replace(/(?:\.git)?\/?$/, '')
    .toLowerCase()
}
