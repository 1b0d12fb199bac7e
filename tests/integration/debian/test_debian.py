"""The Debian package: what is in it, its service, manual and completion; and with the label `long` its life on a bare Debian 12."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["ANOMALY_ROOT"], "tests/integration/exporter"))
from support import fetch, free_port, wait_for  # noqa: E402

ROOT, BUILD, BINARY = os.environ["ANOMALY_ROOT"], os.environ["ANOMALY_BUILD"], os.environ["ANOMALY_EXPORTER"]
MOST_EXPOSED = 20  # of systemd's 100: "OK" ends at 44


def run(*command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def make_package(folder, version=None):
    """Packs the build tree, under another version if one is given."""
    more = ["-D", f"CPACK_DEBIAN_PACKAGE_VERSION={version}"] if version else []
    run("cpack", "-G", "DEB", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder, *more)
    names = [name for name in os.listdir(folder) if name.endswith(".deb")]
    assert len(names) == 1, names
    return os.path.join(folder, names[0])


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="anomaly_exporter_deb.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.package = make_package(os.path.join(cls.folder.name, "packages"))
        cls.tree = os.path.join(cls.folder.name, "tree")
        run("dpkg-deb", "-x", cls.package, cls.tree)

    def inside(self, path):
        return os.path.join(self.tree, path)

    def test_everything_is_in_its_place_and_belongs_to_root(self):
        listed = {line.split()[5]: line.split()[:2] for line in run("dpkg-deb", "-c", self.package).splitlines()}
        self.assertEqual({"root/root"}, {owner for _, owner in listed.values()})
        for path, mode in (("./usr/bin/anomaly_exporter", "-rwxr-xr-x"), ("./etc/anomaly_exporter/config.yaml", "-rw-r--r--"),
                           ("./etc/default/anomaly-exporter", "-rw-r--r--"), ("./lib/systemd/system/anomaly-exporter.service", "-rw-r--r--"),
                           ("./lib/systemd/system/anomaly-exporter.socket", "-rw-r--r--"),
                           ("./usr/share/man/man1/anomaly_exporter.1.gz", "-rw-r--r--"),
                           ("./usr/share/bash-completion/completions/anomaly_exporter", "-rw-r--r--"),
                           ("./usr/share/doc/anomaly-exporter/copyright", "-rw-r--r--"),
                           ("./usr/share/doc/anomaly-exporter/changelog.gz", "-rw-r--r--"),
                           ("./usr/share/anomaly_exporter/rules/anomaly.yml", "-rw-r--r--"),
                           ("./usr/share/anomaly_exporter/rules/runbooks/AnomalyDetected.md", "-rw-r--r--"),
                           ("./usr/share/anomaly_exporter/dashboards/anomalies.json", "-rw-r--r--"),
                           ("./usr/share/anomaly_exporter/alertmanager/alertmanager.yml", "-rw-r--r--")):
            self.assertEqual(mode, listed[path][0], path)
        self.assertEqual([], [path for path in listed if "include" in path or path.endswith(".a")])

    def test_it_depends_on_what_it_loads_and_keeps_what_an_admin_edits(self):
        depends = run("dpkg-deb", "-f", self.package, "Depends")
        for name in ("libc6", "libssl3", "libyaml-cpp0.7", "tzdata", "ca-certificates", "adduser"):
            self.assertRegex(depends, rf"\b{re.escape(name)}\b")
        control = os.path.join(self.folder.name, "control")
        run("dpkg-deb", "-e", self.package, control)
        with open(os.path.join(control, "conffiles"), encoding="utf-8") as file:
            for path in file.read().split():
                self.assertTrue(os.path.exists(self.tree + path), path)

    def test_the_tarball_has_the_program_and_what_comes_with_it(self):
        folder = os.path.join(self.folder.name, "tarball")
        run("cpack", "-G", "TGZ", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder)
        tarball, = (name for name in os.listdir(folder) if name.endswith(".tar.gz"))
        listed = {path.partition("/")[2] for path in run("tar", "-tzf", os.path.join(folder, tarball)).split()}
        self.assertLessEqual({"bin/anomaly_exporter", "etc/anomaly_exporter/config.yaml", "share/man/man1/anomaly_exporter.1.gz",
                              "share/anomaly_exporter/rules/anomaly.yml", "share/anomaly_exporter/dashboards/anomalies.json",
                              "share/bash-completion/completions/anomaly_exporter", "share/doc/anomaly_exporter/LICENSE"}, listed)

    def test_the_service_is_valid_and_shut_in(self):
        with open(self.inside("lib/systemd/system/anomaly-exporter.service"), encoding="utf-8") as file:
            unit = file.read()
        placed = os.path.join(self.folder.name, "anomaly-exporter.service")
        with open(placed, "w", encoding="utf-8") as file:  # the program as it lies here
            file.write(unit.replace("/usr/bin/anomaly_exporter", BINARY))
        socket = os.path.join(self.folder.name, "anomaly-exporter.socket")
        shutil.copyfile(self.inside("lib/systemd/system/anomaly-exporter.socket"), socket)
        self.assertEqual("", run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", placed, socket))
        told = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", placed)
        print(re.search(r"Overall exposure level.*", told).group(0), flush=True)
        flags = re.findall(r"--[\w.-]+", re.search(r"^ExecStart=(.*)$", unit, re.M).group(1))
        self.assertLessEqual(set(flags), set(re.findall(r"--[\w.-]+", run(BINARY, "--help"))))

    def test_the_manual_has_every_command_and_flag_and_no_fault(self):
        page = self.inside("usr/share/man/man1/anomaly_exporter.1.gz")
        env = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-ww"}
        done = subprocess.run(["man", "--warnings", "-E", "ascii", "-l", page], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=env, check=True)
        self.assertEqual("", done.stderr)
        shown = re.sub(r".\x08", "", done.stdout)
        helps = [run(BINARY, "--help")] + [run(BINARY, command, "--help") for command in commands()]
        for text in helps:
            for flag in re.findall(r"^  (-[^\s{]+)", text, re.M):
                self.assertIn(flag, shown)
        for command in commands():
            self.assertRegex(shown, rf"(?m)^   {command}$")
        named = {flag.strip(",") for line in re.findall(r"^ +(-\S+)", shown, re.M) for flag in line.split(",")}
        self.assertEqual(set(), named - {flag for text in helps for flag in re.findall(r"--?[\w.-]+", text)})

    def completed(self, *words):
        script = ('. "$1"; shift; COMP_WORDS=(anomaly_exporter "$@"); COMP_CWORD=$#; _anomaly_exporter; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return set(run("bash", "-c", script, "bash", self.inside("usr/share/bash-completion/completions/anomaly_exporter"), *words).split())

    def test_completion_offers_the_flags_of_help_and_no_others(self):
        for command in [[]] + [[command] for command in commands()]:
            lines = re.findall(r"^  (-\S+)", run(BINARY, *command, "--help"), re.M)
            flags = {flag.split("{")[0] for line in lines for flag in line.split(",") if flag.startswith("--")}
            self.assertEqual(flags, self.completed(*command, "--"), command)

    def test_completion_knows_commands_flags_and_choices(self):
        for words, expected in ((["tra"], {"train"}), (["--web.conf"], {"--web.config.file"}), (["train", "--contam"], {"--contamination"}),
                                (["--log.level", "w"], {"warn"}), (["packs", "pro"], {"process", "prometheus"}),
                                (["train", "--preset", ""], {"standard", "guided", "mixture"}),
                                (["backtest", "--write", ""], {"csv", "openmetrics", "report"})):
            found = self.completed(*words)
            self.assertEqual(expected, found, words)


def answers(url):
    try:
        return fetch(url)[0] == 200
    except OSError:
        return False


def commands():
    return re.findall(r"^  ([a-z]+) ", run(BINARY, "--help").split("Subcommands:")[1], re.M)


@unittest.skipUnless(os.environ.get("ANOMALY_LONG") and shutil.which("debootstrap") and os.geteuid() == 0,
                     "takes minutes: a bare Debian 12 by debootstrap, as root")
class Life(unittest.TestCase):
    """Installation, use, upgrade, removal and purge in a bare Debian 12."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="anomaly_exporter_life.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = os.path.join(cls.folder.name, "root")
        archive = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm").split()[0]
        run("debootstrap", "--variant=minbase", "bookworm", cls.root, archive)
        for file in ("/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/apt.conf.d", "/etc/resolv.conf"):
            if os.path.isdir(file):
                shutil.copytree(file, cls.root + file, dirs_exist_ok=True)
            elif os.path.exists(file):
                shutil.copyfile(file, cls.root + file)
        with open(os.path.join(cls.root, "usr/sbin/policy-rc.d"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(file.name, 0o755)

    def inside(self, *command):
        return run("chroot", self.root, *command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                                                       "LC_ALL": "C.UTF-8"})

    def test_lintian_has_no_word_to_say(self):
        package = make_package(os.path.join(self.folder.name, "packages_lintian"))
        run("lintian", "--allow-root", "--fail-on", "error,warning", package)

    def install_what_it_needs(self):
        depends = run("dpkg-deb", "-f", make_package(os.path.join(self.folder.name, "packages_needs")), "Depends")
        names = [name.split()[0] for name in depends.split(",")]
        self.inside("apt-get", "-q", "install", "-y", "--no-install-recommends", *names)

    def install(self, version):
        package = make_package(os.path.join(self.folder.name, f"packages_{version}"), version)
        shutil.copyfile(package, os.path.join(self.root, "tmp/package.deb"))
        self.inside("apt-get", "-q", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", "/tmp/package.deb")

    def files(self):
        """Every path but those that apt, dpkg and the tools for users write for any package."""
        unsteady = ("var/lib/dpkg", "var/cache", "var/log", "var/lib/apt", "tmp", "proc", "sys", "dev", "run",
                    "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-")
        paths = {os.path.relpath(os.path.join(folder, name), self.root) for folder, folders, names in os.walk(self.root)
                 for name in names + folders}
        return {path for path in paths if not any(path == part or path.startswith(part + "/") for part in unsteady)}

    def is_enabled(self):
        return os.path.islink(os.path.join(self.root, "etc/systemd/system/multi-user.target.wants/anomaly-exporter.service"))

    def enable_socket(self):
        """Does what `systemctl enable` does, in a root that has no systemd."""
        wants = os.path.join(self.root, "etc/systemd/system/sockets.target.wants")
        os.makedirs(wants, exist_ok=True)
        os.symlink("/lib/systemd/system/anomaly-exporter.socket", os.path.join(wants, "anomaly-exporter.socket"))

    def serve(self):
        """Runs the program as the service's user, with the flags of the service, until it answers; its state stays."""
        state = os.path.join(self.root, "var/lib/anomaly_exporter")
        os.makedirs(state, exist_ok=True)  # systemd's part
        user, group = map(int, self.inside("getent", "passwd", "anomaly-exporter").split(":")[2:4])
        os.chown(state, user, group)
        port = free_port()
        process = subprocess.Popen(["chroot", "--userspec=anomaly-exporter:anomaly-exporter", self.root, "/usr/bin/anomaly_exporter",
                                    "--config.file=/etc/anomaly_exporter/config.yaml", f"--web.listen-address=127.0.0.1:{port}"],
                                   env={"PATH": "/usr/sbin:/usr/bin", "STATE_DIRECTORY": "/var/lib/anomaly_exporter"},
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for("the installed program to answer", lambda: answers(f"http://127.0.0.1:{port}/-/healthy"))
        finally:
            process.terminate()
            process.wait(timeout=60)
        self.assertNotEqual([], os.listdir(state), "no state was kept")

    def test_it_installs_runs_upgrades_and_leaves_nothing(self):
        self.inside("apt-get", "-q", "update")
        self.install_what_it_needs()
        before = self.files()
        self.install("0.1.0")
        self.inside("anomaly_exporter", "--config.check", "--config.file=/etc/anomaly_exporter/config.yaml")
        self.assertTrue(self.is_enabled())
        self.serve()
        self.enable_socket()
        config = os.path.join(self.root, "etc/anomaly_exporter/config.yaml")
        with open(config, "a", encoding="utf-8") as file:
            file.write("# edited\n")
        self.install("0.2.0")
        self.assertIn("0.2.0", self.inside("dpkg-query", "-W", "-f", "${Version}", "anomaly-exporter"))
        with open(config, encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("# edited\n"))
        self.inside("apt-get", "-q", "remove", "-y", "anomaly-exporter")
        self.assertTrue(os.path.exists(config), "removed with the program")
        self.install("0.2.1")
        self.assertTrue(self.is_enabled(), "a removal and another installation leave the service off")
        self.inside("apt-get", "-q", "purge", "-y", "anomaly-exporter")
        self.assertEqual([], sorted(self.files() ^ before))
        self.assertNotIn("anomaly-exporter", self.inside("cat", "/etc/passwd", "/etc/group"))


if __name__ == "__main__":
    unittest.main()
