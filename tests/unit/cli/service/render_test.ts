import assert from "node:assert/strict";
import { renderPlist, renderUnit, type ServiceSpec } from "../../../../cli/service/render.ts";

const HOSTILE: ServiceSpec = {
  argv: ["/opt/my tools/mu$HOME%h", 'a"b\\c', "x\nExecStartPost=/bin/evil"],
  env: { MUSTER_HOME: "/home/me/100% mine\nUser=root" },
  log: "/home/me/<&>.log",
};

Deno.test("renderUnit() quotes every value so that none adds a directive, variable or specifier", () => {
  const unit = renderUnit(HOSTILE);
  assert.ok(unit.includes(
    String.raw`ExecStart="/opt/my tools/mu$$HOME%%h" "a\"b\\c" "x\nExecStartPost=/bin/evil"` + "\n",
  ));
  assert.ok(unit.includes(String.raw`Environment="MUSTER_HOME=/home/me/100%% mine\nUser=root"` + "\n"));
  assert.doesNotMatch(unit, /^(ExecStartPost|User)/m);
});

Deno.test("renderUnit() restarts after a fault and ends no task with the controller", () => {
  const unit = renderUnit({ argv: ["/bin/muster"], env: {}, log: "/l" });
  assert.equal(
    unit,
    "[Unit]\nDescription=Muster controller\n\n[Service]\n" +
      'ExecStart="/bin/muster"\nRestart=on-failure\nRestartSec=2\nRestartPreventExitStatus=2 6\nKillMode=process\n\n' +
      "[Install]\nWantedBy=default.target\n",
  );
});

Deno.test("renderPlist() escapes what XML would read", () => {
  const plist = renderPlist({ ...HOSTILE, argv: ["/a", "</string><string>evil"] });
  assert.ok(plist.includes("<string>&lt;/string&gt;&lt;string&gt;evil</string>"));
  assert.equal(plist.match(/<string>\/home\/me\/&lt;&amp;&gt;\.log<\/string>/g)?.length, 2);
});
