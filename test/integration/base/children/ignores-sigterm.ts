/** Says "ready", answers SIGTERM with a word, and goes on. */
process.on("SIGTERM", () => {
  process.stdout.write("not yet\n");
});
process.stdout.write("ready\n");
setInterval(() => undefined, 1_000);
