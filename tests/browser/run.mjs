// The console in a browser: one uitvraag by author, approver, reviewer and privacy officer on the real nodes of the demo,
// with JavaScript and without; axe-core on every page, in both languages; a picture of every page at three widths.
//
//   node run.mjs WEEGNET OUT      OUT gets the pictures

import { spawn, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [weegnet, out] = process.argv.slice(2);
const WIDTHS = [360, 768, 1280];
const PASSWORD = "een lange zin die niemand raadt 7";
// Long enough for a machine that does ten other things; nothing waits for it when all is well.
const PATIENCE = 180_000;
const BROWSER = process.env.WEEGNET_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const problems = [];
let pages = 0;

const demand = (holds, what) => {
  if (!holds) throw new Error(what);
};

// The nodes: the demo's, which stay up.
async function demo(dir) {
  const child = spawn(weegnet, ["demo", "--json", "--dir", dir], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
    child.stdout.on("data", (bytes) => {
      text += bytes;
      try {
        resolve({ child, organisations: JSON.parse(text).organisations });
      } catch {
        // The object is not whole yet.
      }
    });
  });
}

// RFC 6238 as every app does it; `off` counts steps of 30 s from now.
function code(key, off) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replace(/[^A-Z2-7]/g, "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + off));
  const mac = createHmac("sha1", secret).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function invitation(dir, name, by) {
  execFileSync(weegnet, ["people", "sign-in", dir, name, "--as", by]);
  return readFileSync(join(dir, "credentials", `${name}.invitation`), "utf8").trim().split(" ")[1];
}

// What a person does the first time: password, app, sign in. Gives a page that is theirs.
async function signedIn(browser, organisation, name, by, javaScriptEnabled = true) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled, locale: "nl-NL" });
  context.setDefaultTimeout(PATIENCE);
  context.setDefaultNavigationTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("console", (said) => said.type() === "error" && !/status of 4\d\d/.test(said.text()) && problems.push(`${page.url()}: ${said.text()}`));
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && !url.startsWith(`https://${organisation.console}/`)) problems.push(`somebody else is asked: ${url}`);
  });
  const base = `https://${organisation.console}`;
  await page.goto(`${base}/aanmelden/inrichten`);
  await page.fill("#naam", name);
  await page.fill("#uitnodiging", invitation(organisation.dir, name, by));
  await page.fill("#wachtwoord", PASSWORD);
  await page.fill("#nogmaals", PASSWORD);
  await submit(page);
  const key = await page.textContent("#sleutel");
  await page.fill("#code", code(key, 0));
  await submit(page);
  await page.goto(`${base}/aanmelden`);
  await page.fill("#naam", name);
  await page.fill("#wachtwoord", PASSWORD);
  await page.fill("#code", code(key, -1));
  await submit(page);
  demand(!page.url().includes("/aanmelden"), `${name} is not let in: ${await page.textContent("main")}`);
  return { page, base, key, name, scripts: javaScriptEnabled };
}

async function submit(page) {
  await page.click("main form button[type=submit]");
}

// Every page: no finding of axe-core, no sideways scrolling, a picture at each width.
async function looked(who, name) {
  pages += 1;
  for (const width of WIDTHS) {
    await who.page.setViewportSize({ width, height: 900 });
    await who.page.screenshot({ path: join(out, `${name}-${width}.png`), fullPage: true });
    if (!who.scripts) continue;
    const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) problems.push(`${name} at ${width}: ${wide} px wider than the window`);
  }
  if (!who.scripts) return;
  // The policy of the page lets nothing be injected: the checker comes in over the browser's own channel.
  const session = await who.page.context().newCDPSession(who.page);
  const tree = await session.send("Page.getFrameTree");
  const world = await session.send("Page.createIsolatedWorld", { frameId: tree.frameTree.frame.id });
  const run = (expression) =>
    session.send("Runtime.evaluate", { expression, contextId: world.executionContextId, awaitPromise: true, returnByValue: true });
  await run(axe.source + ";0");
  const told = await run('axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join(" | ")))');
  demand(Array.isArray(told.result.value), `axe-core did not run on ${name}: ${JSON.stringify(told)}`);
  for (const finding of told.result.value) problems.push(`${name}: ${finding}`);
  await session.detach();
}

// Looks again until it is there, as a person does with the link on the page.
async function until(page, url, selector) {
  const last = Date.now() + PATIENCE;
  for (;;) {
    await page.goto(url);
    if ((await page.locator(selector).count()) > 0) return;
    demand(Date.now() < last, `${selector} is not on ${url}`);
    await page.waitForTimeout(1000);
  }
}

// One uitvraag from beginning to end; gives the address at which the author sees the answers.
async function uitvraag(author, approver, reviewer, surname, label) {
  const { page } = author;
  await page.goto(`${author.base}/uitvragen/nieuw`);
  await looked(author, `${label}-nieuwe-uitvraag`);
  await page.click("main button[value=controleren]");
  await looked(author, `${label}-nieuwe-uitvraag-leeg`);
  demand((await page.locator("[role=alert] a").count()) >= 3, "an empty form says what is missing");
  await page.fill("#voornamen", "Zoë");
  await page.fill("#voorvoegsel", "van der");
  await page.fill("#geslachtsnaam", surname);
  await page.fill("#dag", "23");
  await page.fill("#maand", "7");
  await page.fill("#jaar", "1991");
  await page.check("#criterium-dreiging-geuit");
  await page.fill("#motivering", "Noodzaak: dreiging <script>alert(1)</script>. Proportionaliteit en subsidiariteit: bekeken.");
  await page.check(`label:text-is("${approver.organisation.name}") >> xpath=../input`);
  await page.selectOption("#goedkeurder", approver.organisation.oin);
  await page.click("main button[value=controleren]");
  await looked(author, `${label}-klopt-dit`);
  await page.click("main button[value=verzenden]");
  const url = page.url();
  demand(/\/uitvragen\/[0-9a-f-]{36}$/.test(url), `nothing was asked: ${await page.textContent("main")}`);
  await looked(author, `${label}-uitvraag-wacht`);
  const id = url.split("/").pop();

  await until(approver.page, `${approver.base}/akkoord`, `a[href="/akkoord/${id}"]`);
  await looked(approver, `${label}-wacht-op-akkoord`);
  await approver.page.click(`a[href="/akkoord/${id}"]`);
  await looked(approver, `${label}-akkoord`);
  await approver.page.click("button[value=akkoord]");
  demand((await approver.page.locator("[role=alert]").count()) === 1, "nobody approves without having said that they read it");
  await approver.page.check("#gelezen");
  await approver.page.click("button[value=akkoord]");
  demand(approver.page.url().endsWith("/akkoord"), `it was not approved: ${await approver.page.textContent("main")}`);

  if (reviewer === null) return url;
  await until(reviewer.page, `${reviewer.base}/postvak`, `a[href="/postvak/${id}"]`);
  await looked(reviewer, `${label}-postvak`);
  await reviewer.page.click(`a[href="/postvak/${id}"]`);
  await looked(reviewer, `${label}-beoordelen`);
  demand((await reviewer.page.locator(".candidate").count()) === 1, "one possible match");
  await reviewer.page.goto(`${reviewer.base}/postvak/${id}/niet-verstrekken`);
  await looked(reviewer, `${label}-niet-verstrekken`);
  await reviewer.page.goto(`${reviewer.base}/postvak/${id}/verstrekken`);
  if ((await reviewer.page.locator("#gezien").count()) === 0) {
    await looked(reviewer, `${label}-bevestig-eerst`);
    await reviewer.page.click("main a.as-button");
    await looked(reviewer, `${label}-bevestigen`);
    await reviewer.page.fill("#code", code(reviewer.key, reviewer.confirmed ? 1 : 0));
    reviewer.confirmed = true;
    await submit(reviewer.page);
  }
  await looked(reviewer, `${label}-verstrekken`);
  const leaves = await reviewer.page.textContent(".leaves");
  demand(leaves.includes("Neem contact op met Informatiepunt politie"), `the preview says something else: ${leaves}`);
  await reviewer.page.check("#gezien");
  await submit(reviewer.page);
  await looked(reviewer, `${label}-verstrekt`);
  await until(page, url, ".card.known");
  await looked(author, `${label}-uitvraag-beantwoord`);
  demand((await page.textContent(".card.known")).includes(leaves.trim()), "the author reads exactly what was shown as leaving");
  return url;
}

async function withdrawn(author, url) {
  await author.page.goto(`${url}/intrekken`);
  await looked(author, "intrekken");
  await submit(author.page);
  demand((await author.page.textContent("main")).includes("ingetrokken"), "it was not withdrawn");
}

// A request for access, from what came in to the letter that goes out.
async function access(officer) {
  const { page, base } = officer;
  await page.goto(`${base}/toezicht/inzage`);
  await looked(officer, "inzage-leeg");
  await page.click("main a.as-button");
  await submit(page);
  await looked(officer, "inzage-nieuw-leeg");
  demand((await page.locator("[role=alert] a").count()) >= 3, "an empty request says what is missing");
  await page.selectOption("#verzoeker", "gemachtigde");
  await page.fill("#vastgesteld", "Volmacht en paspoort gezien <script>alert(1)</script>");
  await page.fill("#kenmerk", "2026/17");
  await page.fill("#voornamen", "Zoë");
  await page.fill("#voorvoegsel", "van der");
  await page.fill("#geslachtsnaam", "Hoff");
  await page.fill("#dag", "23");
  await page.fill("#maand", "7");
  await page.fill("#jaar", "1991");
  await submit(page);
  const url = page.url();
  demand(/\/toezicht\/inzage\/[0-9a-f-]{36}$/.test(url), `the request was not taken: ${await page.textContent("main")}`);
  demand((await page.locator("main .card").count()) >= 1, "what is kept is shown");
  await looked(officer, "inzage-verzoek");
  await page.fill("#verlengen-reden", "Er zijn veel zaken.");
  await page.click("form[action$=verlengen] button");
  demand((await page.locator("form[action$=verlengen]").count()) === 0, "a term is lengthened once");
  await page.check("#besluit-inzage");
  await page.fill("#besluit-reden", "Er is geen uitzondering.");
  await page.click("form[action$=besluit] button");
  await looked(officer, "inzage-besloten");
  await confirmed(officer);
  await page.click("form[action$=brief] button");
  await looked(officer, "inzage-brief");
  demand((await page.textContent(".letter")).includes("2026/17"), "the letter bears the reference");
  await page.emulateMedia({ media: "print" });
  demand(!(await page.isVisible("header nav")) && !(await page.isVisible(".only-screen")), "only the letter comes on paper");
  await page.screenshot({ path: join(out, "inzage-brief-afdruk.png"), fullPage: true });
  await page.emulateMedia({ media: "screen" });
}

// From a page that asks for it: the second factor once more, and back.
async function confirmed(who) {
  await who.page.click('main a[href^="/aanmelden/bevestigen"]');
  await who.page.fill("#code", code(who.key, who.confirmed ? 1 : 0));
  who.confirmed = true;
  await submit(who.page);
}

// Reconciliation, and the audit pack as a file.
async function leaving(officer) {
  const { page, base } = officer;
  await page.goto(`${base}/toezicht/afstemmen`);
  await submit(page);
  await looked(officer, "afstemmen");
  demand((await page.locator("main .card").count()) >= 1, "somebody was compared with");
  await page.goto(`${base}/toezicht/uitvoer`);
  await looked(officer, "uitvoer");
  const [file] = await Promise.all([page.waitForEvent("download"), submit(page)]);
  demand(file.suggestedFilename() === "weegnet-auditpakket.zip", `another file: ${file.suggestedFilename()}`);
  demand(readFileSync(await file.path()).subarray(0, 2).toString() === "PK", "the pack is a zip");
}

async function officers(officer, operator) {
  const { page, base } = officer;
  for (const [path, name] of [["/toezicht", "toezicht"], ["/toezicht/journaal", "journaal"], ["/toezicht/journaal?log=house", "journaal-huis"],
    ["/toezicht/bevindingen", "bevindingen"], ["/toezicht/cijfers", "cijfers"], ["/bewaren", "bewaren"], ["/bewaren/proef", "bewaren-proef"],
    ["/convenanten", "convenanten"], ["/toegankelijkheid", "toegankelijkheid"]]) {
    await page.goto(base + path);
    await looked(officer, name);
  }
  await page.goto(`${base}/toezicht`);
  await submit(page);
  await until(page, `${base}/toezicht`, ".utrecht-alert--ok");
  await looked(officer, "toezicht-nagerekend");
  demand((await page.locator("footer").count()) === 1, "the page is whole");
  await access(officer);
  await leaving(officer);
  await page.goto(`${base}/convenanten`);
  await page.click("main .card a");
  await looked(officer, "convenant");
  demand((await page.locator("main table").count()) > 0, "the convenant has its matrix");
  await page.goto(`${base}/postvak`);
  await looked(officer, "geweigerd");
  demand((await page.textContent("main")).includes("beoordelaar"), "a refusal says which role it takes");
  for (const [path, name] of [["/beheer", "beheer"], ["/beheer/mensen", "mensen"]]) {
    await operator.page.goto(operator.base + path);
    await looked(operator, name);
  }
  // The other language, chosen at the foot of a page.
  await operator.page.click("footer button[name=taal]");
  await page.click("footer button[name=taal]");
  for (const [path, name] of [["/toezicht/bevindingen", "en-bevindingen"], ["/toezicht/cijfers", "en-cijfers"], ["/toezicht/inzage", "en-inzage"],
    ["/toezicht/inzage/nieuw", "en-inzage-nieuw"], ["/toezicht/afstemmen", "en-afstemmen"], ["/toezicht/uitvoer", "en-uitvoer"], ["/bewaren", "en-bewaren"]]) {
    await page.goto(base + path);
    await looked(officer, name);
  }
  await page.goto(`${base}/toezicht/inzage`);
  await page.click("main .card a");
  await looked(officer, "en-inzage-verzoek");
  for (const [path, name] of [["/beheer", "en-beheer"], ["/beheer/mensen", "en-mensen"], ["/convenanten", "en-convenanten"]]) {
    await operator.page.goto(operator.base + path);
    demand((await operator.page.getAttribute("html", "lang")) === "en", "the page is in English");
    await looked(operator, name);
  }
}

// With the keyboard alone: the first stop leads past the navigation.
async function keyboard(who) {
  await who.page.goto(`${who.base}/uitvragen`);
  await who.page.keyboard.press("Tab");
  demand((await who.page.evaluate(() => document.activeElement.getAttribute("href"))) === "#inhoud", "the first stop leads to the content");
  await who.page.keyboard.press("Enter");
  demand((await who.page.evaluate(() => document.activeElement.id)) === "inhoud", "and is there");
}

const dir = mkdtempSync(join(tmpdir(), "wnb"));
mkdirSync(out, { recursive: true });
let nodes;
let browser;
try {
  nodes = await demo(join(dir, "d"));
  browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  const at = (role) => nodes.organisations.find((one) => one.dir.endsWith(`/${role}`));
  const [gemeente, politie] = [at("gemeente"), at("politie")];
  const as = async (organisation, name, by = "beheerder", scripts = true) => ({ ...(await signedIn(browser, organisation, name, by, scripts)), organisation });

  const outside = await browser.newContext({ ignoreHTTPSErrors: true });
  const front = { page: await outside.newPage(), base: `https://${gemeente.console}`, scripts: true };
  const first = await front.page.goto(`${front.base}/uitvragen`);
  demand(front.page.url().endsWith("/aanmelden"), "who is not signed in is led to the form");
  demand((await first.allHeaders())["content-security-policy"].includes("require-trusted-types-for"), "the policy is there");
  await looked(front, "aanmelden");
  await front.page.goto(`${front.base}/aanmelden/inrichten`);
  await looked(front, "inrichten");

  const author = await as(gemeente, "anna");
  const approver = await as(politie, "bert");
  const reviewer = await as(politie, "petra");
  await author.page.goto(`${author.base}/uitvragen`);
  await looked(author, "mijn-uitvragen");
  await uitvraag(author, approver, reviewer, "Hoff", "js");
  await keyboard(author);
  await withdrawn(author, await uitvraag(author, approver, null, "Niemandsveld", "tweede"));
  await author.page.goto(`${author.base}/uitvragen`);
  await looked(author, "mijn-uitvragen-vol");
  await officers(await as(politie, "privacyfunctionaris", "privacyfunctionaris"), await as(politie, "beheerder"));
  console.log(`browser: ${pages} pages looked at, with JavaScript`);

  // The same again without JavaScript, by people who enrol anew.
  const plain = [await as(gemeente, "anna", "beheerder", false), await as(politie, "bert", "beheerder", false)];
  await withdrawn(plain[0], await uitvraag(...plain, null, "Nergenshuizen", "zonder-js"));
  console.log("browser: one uitvraag without JavaScript");
} catch (error) {
  problems.push(error.stack);
} finally {
  await browser?.close();
  if (nodes) {
    nodes.child.removeAllListeners("exit");
    const gone = new Promise((resolve) => nodes.child.on("exit", resolve));
    nodes.child.kill("SIGTERM");
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
}
for (const problem of problems) console.error(`browser: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`browser: no findings; pictures in ${out}`);
