// No module: the tsconfig.json of each folder maps the npm packages that it must not use to this file, so that
// importing one does not compile. (A path that leads nowhere forbids nothing: TypeScript then looks in node_modules.)
