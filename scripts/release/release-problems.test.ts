import { expect, test } from 'vitest'
import { releaseProblems, type ReleaseState } from './release-problems.ts'

const ready: ReleaseState = {
  version: '1.2.0',
  reportedVersion: '1.2.0',
  lockedVersion: '1.2.0',
  repository: 'git+https://example.org/team/codecell.git',
  origin: 'https://example.org/team/codecell.git',
  branch: 'main',
  changedFiles: [],
  pendingChangesets: [],
  changelog: '# Changelog\n\n## 1.2.0\n\n- Something\n\n## 1.1.0\n',
  tags: ['v1.1.0'],
}

test.each([
  'https://example.org/team/codecell',
  'https://token@example.org/team/codecell.git/',
  'git@example.org:team/codecell.git',
  'ssh://git@example.org/Team/codecell',
])('a clone of %s can be published', (origin) => {
  expect(releaseProblems({ ...ready, origin })).toEqual([])
})

test.each<[string, Partial<ReleaseState>, string]>([
  ['another branch', { branch: 'topic' }, 'expected the branch "main", got "topic"'],
  [
    'uncommitted changes',
    { changedFiles: ['a.ts', 'b.ts', 'c.ts'] },
    'expected no uncommitted changes, got "a.ts" and 2 more; commit them',
  ],
  [
    'pending changesets',
    { pendingChangesets: ['brave-dogs.md'] },
    'changesets are pending: "brave-dogs.md"; run "npm run version" and commit',
  ],
  [
    'another reported version',
    { reportedVersion: '1.1.0' },
    'package.json has version 1.2.0, package-version.ts 1.1.0 and package-lock.json 1.2.0; run "npm run version"',
  ],
  [
    'another locked version',
    { lockedVersion: '1.1.0' },
    'package.json has version 1.2.0, package-version.ts 1.2.0 and package-lock.json 1.1.0; run "npm run version"',
  ],
  [
    'an unreleased section',
    { changelog: '## 1.2.0 (unreleased)\n' },
    'expected the first section of CHANGELOG.md to be "1.2.0", got "1.2.0 (unreleased)"',
  ],
  ['no section', { changelog: '' }, 'expected the first section of CHANGELOG.md to be "1.2.0", got none'],
  ['a tag of the version', { tags: ['v1.2.0'] }, 'the tag v1.2.0 exists; run "npm run version"'],
  [
    'another origin',
    { origin: 'git@example.org:fork/codecell.git' },
    'the provenance of a package names its repository: expected the remote "origin" to be "git+https://example.org/team/codecell.git", got "git@example.org:fork/codecell.git"; correct "repository" in package.json',
  ],
  [
    'no origin',
    { origin: null },
    'the provenance of a package names its repository: expected the remote "origin" to be "git+https://example.org/team/codecell.git", got none; correct "repository" in package.json',
  ],
])('a clone with %s is not published', (_name, change, problem) => {
  expect(releaseProblems({ ...ready, ...change })).toEqual([problem])
})
