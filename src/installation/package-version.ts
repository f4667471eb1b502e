/** The version of this package. A constant, because a bundle has no `package.json`; a test compares the two. */
export const packageVersion = '0.2.0'
