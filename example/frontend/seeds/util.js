// What near-api-js needs of Node's util when it is bundled for a browser: nothing
// that a sign-in comes to.
export default {};
