use crate::mirror::{no_network, packed, platform, unpacked, zip};
use formwork_install::{
    InitReport, InstallEvent, ProviderInit, ProviderSources, check_lock, hash_archive, hash_dir, init_providers,
    installed,
};
use formwork_model::{Constraints, LockFile, ProviderAddress};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct World {
    root: TempDir,
    lock: LockFile,
    upgrade: bool,
    cache: bool,
}

impl World {
    fn new() -> World {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("cache")).unwrap();
        World { root, lock: LockFile::default(), upgrade: false, cache: false }
    }

    fn mirror(&self) -> PathBuf {
        self.root.path().join("mirror")
    }

    fn data(&self) -> PathBuf {
        self.root.path().join(".terraform")
    }

    /// Runs the installation; the lock file is kept for the next time. Returns problems and event lines.
    fn init(&mut self, required: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let (lock, problems, events) = self.try_init(required);
        self.lock = lock;
        (problems, events)
    }

    fn try_init(&self, required: &[(&str, &str)]) -> (LockFile, Vec<String>, Vec<String>) {
        let requirements = requirements(required);
        let sources = ProviderSources::plugin_dirs(&[self.mirror()], no_network());
        let cache = self.root.path().join("cache");
        let init = ProviderInit {
            requirements: &requirements,
            lock: &self.lock,
            sources: &sources,
            data_dir: &self.data(),
            platform: &platform(),
            upgrade: self.upgrade,
            cache_dir: self.cache.then_some(cache.as_path()),
            cache_may_break_lock: false,
            unmanaged: &BTreeSet::new(),
        };
        let mut events = Vec::new();
        let InitReport { lock, diagnostics } =
            init_providers(init, &mut |event: InstallEvent| events.push(event.to_string()));
        (lock, diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect(), events)
    }

    fn locked(&self, kind: &str) -> String {
        self.lock.providers[&address(kind)].version.to_string()
    }
}

fn address(kind: &str) -> ProviderAddress {
    ProviderAddress::new("example.test", "ns", kind)
}

fn requirements(required: &[(&str, &str)]) -> BTreeMap<ProviderAddress, Constraints> {
    required.iter().map(|(kind, c)| (address(kind), Constraints::parse(c).unwrap())).collect()
}

fn install_dir(data: &Path, kind: &str, version: &str) -> PathBuf {
    data.join("providers/example.test/ns").join(kind).join(version).join("linux_amd64")
}

#[test]
fn newest_acceptable_version_is_taken_and_kept_until_upgraded() {
    let mut world = World::new();
    unpacked(&world.mirror(), "a", "1.0.0");
    packed(&world.mirror(), "a", "1.2.0");
    packed(&world.mirror(), "a", "2.0.0");
    packed(&world.mirror(), "a", "1.9.0-rc1");
    let (problems, events) = world.init(&[("a", "~> 1.0")]);
    assert_eq!(world.locked("a"), "1.2.0", "{problems:?}");
    assert!(problems.iter().all(|p| p.starts_with("Incomplete lock file")), "{problems:?}");
    assert_eq!(events.last().unwrap(), "- Installed example.test/ns/a v1.2.0 (unauthenticated)");

    packed(&world.mirror(), "a", "1.3.0");
    let (problems, events) = world.init(&[("a", "~> 1.0")]);
    assert_eq!((world.locked("a").as_str(), problems.len()), ("1.2.0", 0));
    assert_eq!(events.last().unwrap(), "- Using previously-installed example.test/ns/a v1.2.0");

    world.upgrade = true;
    world.init(&[("a", "~> 1.0")]);
    assert_eq!(world.locked("a"), "1.3.0");
    world.upgrade = false;
    let (problems, _) = world.init(&[("a", "~> 2.0")]);
    assert!(problems[0].contains("does not meet the constraints \"~> 2.0\""), "{problems:?}");
    assert_eq!(world.locked("a"), "1.3.0");
}

#[test]
fn directories_are_linked_and_archives_unpacked_with_their_modes() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    unpacked(&world.mirror(), "dir", "1.0.0");
    packed(&world.mirror(), "zip", "1.0.0");
    world.init(&[("dir", ""), ("zip", "")]);
    assert!(install_dir(&world.data(), "dir", "1.0.0").is_symlink());
    let unpacked = install_dir(&world.data(), "zip", "1.0.0");
    assert!(!unpacked.is_symlink());
    let mode = fs::metadata(unpacked.join("terraform-provider-zip_v1.0.0")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);

    let needed = [address("dir"), address("zip")].into();
    let (packages, problems) = installed(&world.data(), &world.lock, &needed, &platform());
    assert!(problems.is_empty(), "{problems:?}");
    let executable = &packages[&address("zip")].executable;
    assert!(executable.ends_with("terraform-provider-zip_v1.0.0"));
    assert!(check_lock(&requirements(&[("dir", "1.0.0"), ("zip", "")]), &world.lock, &BTreeSet::new()).is_empty());
}

#[test]
fn installations_at_the_same_time_do_not_disturb_each_other() {
    let mut world = World::new();
    unpacked(&world.mirror(), "dir", "1.0.0");
    packed(&world.mirror(), "zip", "1.0.0");
    let content = hash_dir(&world.mirror()).unwrap();
    for cache in [false, true] {
        world.cache = cache;
        for _ in 0..40 {
            let _ = fs::remove_dir_all(world.data());
            let problems = std::thread::scope(|scope| {
                let runs: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| world.try_init(&[("dir", ""), ("zip", "")]).1)).collect();
                runs.into_iter().flat_map(|run| run.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(problems.iter().all(|p| p.starts_with("Incomplete lock file")), "{problems:?}");
            assert_eq!(hash_dir(&world.mirror()).unwrap(), content);
            let files = |kind| fs::read_dir(install_dir(&world.data(), kind, "1.0.0")).unwrap().count();
            assert!(files("dir") > 0 && files("zip") > 0);
        }
    }
}

#[test]
fn changed_packages_are_refused() {
    let mut world = World::new();
    packed(&world.mirror(), "a", "1.0.0");
    world.init(&[("a", "")]);
    let needed = [address("a")].into();
    let binary = install_dir(&world.data(), "a", "1.0.0").join("terraform-provider-a_v1.0.0");
    for content in ["binary 1.0.0", "binary 6.6.6", "longer than before"] {
        fs::write(&binary, content).unwrap();
        let (packages, problems) = installed(&world.data(), &world.lock, &needed, &platform());
        assert_eq!(packages.len() == 1, content == "binary 1.0.0", "{content}");
        assert_eq!(problems.is_empty(), content == "binary 1.0.0", "{content}");
    }
    fs::remove_dir_all(world.data()).unwrap();
    assert!(installed(&world.data(), &world.lock, &needed, &platform()).1.has_errors());

    zip(
        &world.mirror().join("example.test/ns/a/terraform-provider-a_1.0.0_linux_amd64.zip"),
        &[("terraform-provider-a_v1.0.0", "other".to_string())],
    );
    let before = world.lock.clone();
    let (problems, _) = world.init(&[("a", "")]);
    assert!(problems[0].starts_with("Failed to install provider") && problems[0].contains("checksums"), "{problems:?}");
    assert_eq!(world.lock, before);
}

#[test]
fn a_zip_hash_is_enough_for_archives() {
    let mut world = World::new();
    packed(&world.mirror(), "a", "1.0.0");
    world.init(&[("a", "")]);
    let archive = world.mirror().join("example.test/ns/a/terraform-provider-a_1.0.0_linux_amd64.zip");
    let whole = formwork_install::zip_hash(&archive).unwrap();
    world.lock.providers.get_mut(&address("a")).unwrap().hashes = vec![whole.as_str().into()];
    let (problems, _) = world.init(&[("a", "")]);
    assert!(problems.is_empty(), "{problems:?}");
    let hashes = &world.lock.providers[&address("a")].hashes;
    assert_eq!(hashes.len(), 2);
    assert!(hashes[0].starts_with("h1:") && *hashes[1] == *whole);
}

#[test]
fn the_cache_is_filled_and_used_for_known_packages() {
    let mut world = World::new();
    packed(&world.mirror(), "a", "1.0.0");
    world.cache = true;
    world.init(&[("a", "")]);
    assert!(install_dir(&world.data(), "a", "1.0.0").is_symlink());
    fs::remove_dir_all(world.data()).unwrap();
    fs::remove_dir_all(world.mirror()).unwrap();
    let (problems, events) = world.init(&[("a", "")]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(events.last().unwrap(), "- Using example.test/ns/a v1.0.0 from the shared cache directory");
}

#[test]
fn what_is_missing_is_told() {
    let mut world = World::new();
    let cases = [("a", "", "There is no package"), ("b", ">= 2.0", "No version"), ("c", "", "only pre-releases")];
    unpacked(&world.mirror(), "b", "1.0.0");
    unpacked(&world.mirror(), "c", "1.0.0-beta1");
    for (kind, constraint, expected) in cases {
        let (problems, _) = world.init(&[(kind, constraint)]);
        assert!(problems[0].starts_with("Failed to query available provider packages"), "{problems:?}");
        assert!(problems[0].contains(expected), "{problems:?}");
    }
    world.init(&[("c", "1.0.0-beta1")]);
    assert_eq!(world.locked("c"), "1.0.0-beta1");
    assert!(check_lock(&requirements(&[("c", ">= 1.0")]), &world.lock, &BTreeSet::new()).has_errors());
    assert!(check_lock(&requirements(&[("d", "")]), &world.lock, &BTreeSet::new()).has_errors());
    assert!(check_lock(&requirements(&[("d", "")]), &world.lock, &[address("d")].into()).is_empty());
}

#[test]
fn hostile_archives_are_refused() {
    for name in ["../evil", "x/../../evil", "/evil", "..\\evil"] {
        let mut world = World::new();
        let dir = world.mirror().join("example.test/ns/a");
        fs::create_dir_all(&dir).unwrap();
        let archive = dir.join("terraform-provider-a_1.0.0_linux_amd64.zip");
        zip(&archive, &[("terraform-provider-a", "x".to_string()), (name, "y".to_string())]);
        let (problems, _) = world.init(&[("a", "")]);
        assert!(problems[0].contains("outside"), "{name}: {problems:?}");
        assert!(!install_dir(&world.data(), "a", "1.0.0").exists());
    }
}

#[test]
fn built_in_providers_have_no_versions() {
    let mut world = World::new();
    let cases = [("terraform", "", true), ("terraform", ">= 1.0", false), ("nope", "", false)];
    for (name, constraint, accepted) in cases {
        let requirements = [(ProviderAddress::builtin(name), Constraints::parse(constraint).unwrap())].into();
        let sources = ProviderSources::plugin_dirs(&[], no_network());
        let (data, unmanaged) = (world.data(), BTreeSet::new());
        let init = ProviderInit {
            requirements: &requirements,
            lock: &world.lock,
            sources: &sources,
            data_dir: &data,
            platform: &platform(),
            upgrade: false,
            cache_dir: None,
            cache_may_break_lock: false,
            unmanaged: &unmanaged,
        };
        let report = init_providers(init, &mut |_| {});
        assert_eq!(report.diagnostics.is_empty(), accepted, "{name} {constraint}");
        world.lock = report.lock;
    }
    assert_eq!(world.lock, LockFile::default());
}

#[test]
fn archives_and_directories_have_the_same_checksum() {
    let world = World::new();
    unpacked(&world.mirror(), "a", "1.0.0");
    packed(&world.mirror(), "a", "1.0.0");
    let base = world.mirror().join("example.test/ns/a");
    let dir = hash_dir(&base.join("1.0.0/linux_amd64")).unwrap();
    assert_eq!(dir, hash_archive(&base.join("terraform-provider-a_1.0.0_linux_amd64.zip")).unwrap());
    // Found with sha256sum: "HEX  NAME" lines sorted by name, hashed again, in base64.
    assert_eq!(dir, EXPECTED);
}

const EXPECTED: &str = "h1:wm4el+Cuw7Dx7ZhjtF05N4hWfvDFhWzRmAmhwSyfkEQ=";
