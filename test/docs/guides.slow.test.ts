import { test } from 'vitest'
import { Project, stepsOf } from './page-runner.ts'

test.each(['programs', 'migrating', 'testing-programs', 'untrusted-code', 'observability'])(
  'the code of %s.md prints what the page says',
  async (name) => {
    using project = new Project()
    await project.follow(stepsOf(`${name}.md`))
  },
)
