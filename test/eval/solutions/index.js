import { businessSolutions } from './business.js'
import { engineeringSolutions } from './engineering.js'
import { fileSolutions } from './files.js'
import { officeSolutions } from './office.js'
import { shopSolutions } from './shop.js'

/** For each task a solution, and wrong solutions that its checks must refuse. */
export const solutions = {
  ...shopSolutions,
  ...fileSolutions,
  ...officeSolutions,
  ...engineeringSolutions,
  ...businessSolutions,
}
