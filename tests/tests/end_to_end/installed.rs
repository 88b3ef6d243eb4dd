//! Providers that come over the network.

use formwork_tests::publisher::{edit, package_path, sha256, zip_of};
use formwork_tests::{Folder, HttpsServer, Program, Publisher, Reply};
use serde_json::json;

const HERE: &str = "linux_amd64";
const SOURCE: &str = "acme/tool";

/// What the provider's package holds. It is never run.
fn archive() -> Vec<u8> {
    zip_of(&[("LICENSE", b"free"), ("terraform-provider-tool_v1.0.0", b"#!/bin/sh\nexit 1\n")])
}

/// A registry with one provider.
struct World {
    server: HttpsServer,
    publisher: Publisher,
    folder: Folder,
}

impl World {
    fn new() -> World {
        let (server, publisher) = (HttpsServer::start(), Publisher::new());
        publisher.publish(&server, SOURCE, "0.9.0", &[HERE], &archive());
        publisher.publish(&server, SOURCE, "1.0.0", &[HERE, "darwin_arm64", "windows_386"], &archive());
        let mut folder = Folder::with(&configuration(&server, "~> 1.0"));
        folder.trust(&server);
        World { server, publisher, folder }
    }

    fn path(&self, file: &str) -> String {
        format!("/files/{SOURCE}/terraform-provider-tool_1.0.0{file}")
    }

    /// Where the package is installed.
    fn package(&self) -> String {
        format!(".terraform/providers/{}/{SOURCE}/1.0.0/{HERE}", self.server.host())
    }

    fn lock(&self) -> String {
        self.folder.read(".terraform.lock.hcl")
    }

    #[track_caller]
    fn is_refused(&self, why: &str) {
        let run = self.folder.run("init -input=false -no-color").expect(1).says(why);
        assert!(run.err.contains("Error: Failed to"), "{}", run.err);
        assert!(!self.folder.exists(&self.package()), "it was installed");
        assert!(!self.folder.exists(".terraform.lock.hcl"), "it was locked");
    }
}

fn configuration(server: &HttpsServer, version: &str) -> String {
    let source = format!("{}/{SOURCE}", server.host());
    format!(
        "terraform {{\n  required_providers {{\n    tool = {{ source = {source:?}, version = {version:?} }}\n  }}\n}}\n"
    )
}

#[test]
fn a_signed_package_is_installed_and_locked_for_all_platforms() {
    let world = World::new();
    let run = world.folder.run("init -input=false -no-color").ok();
    let name = format!("{}/{SOURCE}", world.server.host());
    let run = run.says(&format!("- Finding {name} versions matching \"~> 1.0\"..."));
    let run = run.says(&format!("- Installing {name} v1.0.0..."));
    run.says(&format!("- Installed {name} v1.0.0 (self-signed, key ID {})", world.publisher.id()));
    assert!(world.folder.exists(&format!("{}/terraform-provider-tool_v1.0.0", world.package())));
    let paths: Vec<String> = world.server.asked().into_iter().map(|question| question.target).collect();
    let expected = [
        "/.well-known/terraform.json".to_owned(),
        "/v1/providers/acme/tool/versions".to_owned(),
        package_path(SOURCE, "1.0.0", HERE),
        world.path("_SHA256SUMS"),
        world.path("_SHA256SUMS.sig"),
        world.path("_linux_amd64.zip"),
    ];
    assert_eq!(paths, expected);
    let lock = world.lock();
    assert!(lock.contains("h1:") && lock.contains(&format!("zh:{}", sha256(&archive()))), "{lock}");
    // Nothing more is asked when everything is there.
    world.folder.run("init -input=false -no-color").ok().says("Using previously-installed");
    assert_eq!(world.server.asked().len(), 0);
    if let Some(terraform) = Program::terraform("the lock file of a signed package") {
        std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
        std::fs::remove_file(world.folder.file(".terraform.lock.hcl")).unwrap();
        terraform.run(&world.folder, "init -input=false -no-color").ok().says("self-signed, key ID");
        assert_eq!(world.lock(), lock);
        world.folder.run("init -input=false -no-color").ok().says("Using previously-installed");
    }
}

#[test]
fn what_is_not_what_was_signed_is_refused() {
    let world = World::new();
    let (document, zip) = (package_path(SOURCE, "1.0.0", HERE), world.path("_linux_amd64.zip"));
    let good = world.server.reply(&zip).unwrap();
    // Another package in its place.
    world.server.answer(&zip, Reply::bytes(zip_of(&[("terraform-provider-tool_v1.0.0", b"other")])));
    world.is_refused("the package from https://localhost");
    // The registry agrees with it, but what was signed does not.
    let other = sha256(&world.server.reply(&zip).unwrap().body);
    edit(&world.server, &document, |document| document["shasum"] = json!(other));
    world.is_refused("but the registry says");
    // The checksums agree as well, but nobody has signed them.
    let sums = format!("{other}  terraform-provider-tool_1.0.0_linux_amd64.zip\n");
    world.server.answer(&world.path("_SHA256SUMS"), Reply::bytes(sums.as_bytes()));
    world.is_refused("does not fit the document");
    // Somebody else has.
    let sign = |publisher: &Publisher| {
        world.server.answer(&world.path("_SHA256SUMS.sig"), Reply::bytes(publisher.sign(sums.as_bytes())));
    };
    sign(&Publisher::new());
    world.is_refused("it was not made with any of the keys that the registry names");
    // The right one at last.
    sign(&world.publisher);
    let run = world.folder.run("init -input=false -no-color").ok();
    run.says("self-signed, key ID");
    // A lock file refuses what came later.
    std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
    world.server.answer(&zip, good);
    world.publisher.publish(&world.server, SOURCE, "1.0.0", &[HERE], &archive());
    let run = world.folder.run("init -input=false -no-color").expect(1);
    run.says("matches none of the checksums that the dependency lock file has");
    assert!(!world.folder.exists(&world.package()));
}

#[test]
fn a_registry_may_tell_the_checksums_of_contents() {
    let world = World::new();
    let told = |letter: &str| format!("h1:{}=", letter.repeat(43));
    let signed = format!("zh:{}", sha256(&archive()));
    edit(&world.server, &package_path(SOURCE, "1.0.0", HERE), |document| {
        document["packages"] = json!({
            "darwin_arm64": { "hashes": [signed, told("A")], "package_size": 7 },
            // Nobody has signed it.
            "windows_386": { "hashes": [format!("zh:{}", "0".repeat(64)), told("B")] },
            "linux_386": { "hashes": [told("C")] },
            "odd": 7,
        });
    });
    world.folder.run("init -input=false -no-color").ok();
    let lock = world.lock();
    assert!(lock.contains(&told("A")) && !lock.contains(&told("B")) && !lock.contains(&told("C")), "{lock}");
    assert!(!lock.contains(&"0".repeat(64)), "{lock}");
}

#[test]
fn a_false_claim_to_be_a_partner_is_refused() {
    let world = World::new();
    let claim = "-----BEGIN PGP SIGNATURE-----\n\nwsBzBAEBCAAdFiEEUYkGV8WstLgjCGVn\n-----END PGP SIGNATURE-----\n";
    edit(&world.server, &package_path(SOURCE, "1.0.0", HERE), |document| {
        document["signing_keys"]["gpg_public_keys"][0]["trust_signature"] = json!(claim);
    });
    world.is_refused("claims to be that of a HashiCorp partner");
}

#[test]
fn archives_that_reach_out_are_refused() {
    for name in ["../evil", "/evil", "a/../../evil"] {
        let world = World::new();
        let hostile = zip_of(&[("terraform-provider-tool_v1.0.0", b"x"), (name, b"x")]);
        world.publisher.publish(&world.server, SOURCE, "1.0.0", &[HERE], &hostile);
        world.is_refused("points outside of the archive");
        assert!(!world.folder.exists("evil") && !world.folder.exists(".terraform/providers/evil"));
    }
}

#[test]
fn tokens_stay_with_their_host() {
    let mut world = World::new();
    let elsewhere = HttpsServer::start();
    let token = format!("TF_TOKEN_{}", world.server.host());
    world.folder.set(&token, "secret");
    let versions = "/v1/providers/acme/tool/versions";
    let good = world.server.reply(versions).unwrap();
    elsewhere.answer(versions, good.clone());
    // A registry does not speak for another host.
    world.server.answer(versions, Reply::redirect(&elsewhere.url(versions)));
    world.is_refused("it is another host");
    assert_eq!(elsewhere.asked().len(), 0);
    let authorized = |server: &HttpsServer| -> Vec<String> {
        let with_token = server.asked().into_iter().filter(|question| question.headers.contains_key("authorization"));
        with_token.map(|question| question.target).collect()
    };
    assert_eq!(authorized(&world.server), ["/.well-known/terraform.json", versions]);
    // Packages may lie elsewhere; they are fetched without the token.
    world.server.answer(versions, good);
    let zip = world.path("_linux_amd64.zip");
    elsewhere.answer(&zip, world.server.reply(&zip).unwrap());
    world.server.answer(&zip, Reply::redirect(&elsewhere.url(&zip)));
    let both = format!(
        "{}{}",
        std::fs::read_to_string(world.server.authority()).unwrap(),
        std::fs::read_to_string(elsewhere.authority()).unwrap()
    );
    world.folder.write("authorities.pem", &both);
    let path = world.folder.file("authorities.pem").display().to_string();
    world.folder.set("SSL_CERT_FILE", &path);
    world.folder.run("init -input=false -no-color").ok();
    assert_eq!(
        authorized(&world.server),
        ["/.well-known/terraform.json".to_owned(), versions.to_owned(), package_path(SOURCE, "1.0.0", HERE)]
    );
    assert!(authorized(&elsewhere).is_empty());
}

#[test]
fn errors_name_the_host_and_what_to_do() {
    let mut world = World::new();
    world.folder.unset("SSL_CERT_FILE");
    world.is_refused("name a file with the certificate of its authority in SSL_CERT_FILE");
    let (server, folder) = (&world.server, &mut world.folder);
    folder.trust(server);
    let versions = "/v1/providers/acme/tool/versions";
    let good = server.reply(versions).unwrap();
    server.answer(versions, Reply::status(401));
    let login = format!("formwork login {}", server.host());
    world.is_refused(&login);
    world.server.answer(versions, Reply::status(404));
    world.is_refused(&format!("This was searched: the registry {}.", world.server.host()));
    world.server.answer(versions, Reply::bytes("<html>").with("Content-Type", "text/html"));
    world.is_refused("is no valid JSON");
    world.server.answer(versions, good);
    world.server.answer("/.well-known/terraform.json", Reply::json(&json!({ "modules.v1": "/v1/modules/" })));
    world.is_refused("does not offer providers.v1, but modules.v1");
    world.server.answer("/.well-known/terraform.json", Reply::status(404));
    world.is_refused("names no services");
    world.server.answer("/.well-known/terraform.json", Reply::json(&json!({ "providers.v1": "/v1/providers/" })));
    edit(&world.server, &package_path(SOURCE, "1.0.0", HERE), |document| document["protocols"] = json!(["4.0"]));
    world.is_refused("speaks the plugin protocol 4.0");
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let world = World::new();
    let zip = world.path("_linux_amd64.zip");
    let whole = world.server.reply(&zip).unwrap();
    world.server.answer(&zip, Reply { breaks_after: Some(100), ..whole.clone() }.with("ETag", "\"1\""));
    world.folder.run("init -input=false -no-color").ok();
    let asked = world.server.asked();
    let ranges: Vec<_> = asked.iter().filter(|q| q.target == zip).map(|q| q.headers.get("range").cloned()).collect();
    assert_eq!(ranges, [None, Some("bytes=100-".to_owned())]);
}

#[test]
fn a_host_block_stands_for_discovery() {
    let mut world = World::new();
    let base = world.server.url("/v1/providers/");
    let block = format!("host \"packages.example.test\" {{\n  services = {{ \"providers.v1\" = {base:?} }}\n}}\n");
    world.folder.settings(&block);
    let main = configuration(&world.server, "1.0.0").replace(&world.server.host(), "packages.example.test");
    world.folder.write("main.tf", &main);
    world.folder.run("init -input=false -no-color").ok().says("packages.example.test/acme/tool v1.0.0 (self-signed");
    assert!(world.server.asked().iter().all(|question| question.target != "/.well-known/terraform.json"));
}

#[test]
fn versions_stay_until_they_are_upgraded() {
    let world = World::new();
    world.folder.run("init -input=false -no-color").ok();
    world.publisher.publish(&world.server, SOURCE, "1.1.0", &[HERE], &archive());
    std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
    world.folder.run("init -input=false -no-color -lockfile=readonly").ok().says("tool v1.0.0 (self-signed");
    world.folder.run("init -input=false -no-color -upgrade").ok().says("tool v1.1.0 (self-signed");
    assert!(world.lock().contains("\"1.1.0\""));
}

#[test]
fn locks_and_mirrors_are_made_from_a_registry() {
    let mut world = World::new();
    // The reference takes no host with a port from a network mirror.
    const HOST: &str = "tools.example.test";
    let base = world.server.url("/v1/providers/");
    world.folder.settings(&format!("host {HOST:?} {{\n  services = {{ \"providers.v1\" = {base:?} }}\n}}\n"));
    world.folder.write("main.tf", &configuration(&world.server, "~> 1.0").replace(&world.server.host(), HOST));
    let platforms = "-platform=linux_amd64 -platform=darwin_arm64";
    world.folder.run(&format!("providers lock {platforms}")).ok().says("for darwin_arm64 (self-signed");
    let lock = world.lock();
    assert!(lock.contains(&format!("zh:{}", sha256(&archive()))), "{lock}");
    world.folder.run(&format!("providers mirror {platforms} mirror")).ok();
    let base = format!("mirror/{HOST}/{SOURCE}");
    for file in ["index.json", "1.0.0.json", "terraform-provider-tool_1.0.0_darwin_arm64.zip"] {
        assert!(world.folder.exists(&format!("{base}/{file}")), "{file}");
    }
    // The same files make a network mirror.
    let mirror = HttpsServer::start();
    for entry in std::fs::read_dir(world.folder.file(&base)).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let reply = Reply::bytes(std::fs::read(entry.path()).unwrap());
        let reply = if name.ends_with(".json") { reply.with("Content-Type", "application/json") } else { reply };
        mirror.answer(&format!("/m/{HOST}/{SOURCE}/{name}"), reply);
    }
    world.server.asked();
    world.folder.trust(&mirror);
    let url = mirror.url("/m/");
    world.folder.settings(&format!("provider_installation {{\n  network_mirror {{ url = {url:?} }}\n}}\n"));
    let init = |world: &World| world.folder.run("init -input=false -no-color");
    init(&world).ok().says("tool v1.0.0 (verified checksum)");
    assert_eq!(world.server.asked().len(), 0);
    if let Some(terraform) = Program::terraform("a network mirror") {
        std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
        terraform.run(&world.folder, "init -input=false -no-color").ok().says("tool v1.0.0 (verified checksum)");
    }
    std::fs::remove_file(world.folder.file(".terraform.lock.hcl")).unwrap();
    std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
    init(&world).ok().says("Incomplete lock file information for providers");
    assert!(world.lock().contains("h1:") && !world.lock().contains("zh:"), "{}", world.lock());
    // A package that is not the one of the mirror's checksum.
    std::fs::remove_file(world.folder.file(".terraform.lock.hcl")).unwrap();
    std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
    let zip = format!("/m/{HOST}/{SOURCE}/terraform-provider-tool_1.0.0_linux_amd64.zip");
    mirror.answer(&zip, Reply::bytes(zip_of(&[("terraform-provider-tool_v1.0.0", b"other")])));
    world.is_refused("is not the one that it should be");
    assert!(!world.folder.exists(&format!(".terraform/providers/{HOST}")));
}

#[test]
fn the_cache_serves_many_at_once() {
    let world = World::new();
    let cache = world.folder.file("cache");
    std::fs::create_dir(&cache).unwrap();
    let folders: Vec<Folder> = (0..4)
        .map(|_| {
            let mut folder = Folder::with(&configuration(&world.server, "1.0.0"));
            folder.trust(&world.server);
            folder.set("TF_PLUGIN_CACHE_DIR", &cache.display().to_string());
            folder
        })
        .collect();
    let children: Vec<_> = folders.iter().map(|folder| folder.start("init -input=false -no-color")).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for folder in &folders {
        let link = folder.file(&world.package());
        assert!(link.is_symlink() && link.join("terraform-provider-tool_v1.0.0").exists());
    }
    // One has fetched it for all: the others only look whether it is what was signed.
    let zip = world.path("_linux_amd64.zip");
    assert_eq!(world.server.asked().iter().filter(|question| question.target == zip).count(), 1);
    // What the lock file knows is taken from the cache without a question.
    std::fs::remove_dir_all(folders[0].file(".terraform")).unwrap();
    folders[0].run("init -input=false -no-color").ok().says("from the shared cache directory");
    assert_eq!(world.server.asked().len(), 0);
    // What was changed in the cache is fetched anew.
    let file = cache.join(world.package().replace(".terraform/providers/", "")).join("LICENSE");
    std::fs::write(&file, "changed").unwrap();
    std::fs::remove_dir_all(folders[1].file(".terraform")).unwrap();
    folders[1].run("init -input=false -no-color").ok();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "free");
}

#[test]
fn a_proxy_leads_to_the_registry() {
    let mut world = World::new();
    let name = HttpsServer::NAME;
    world.folder.write("main.tf", &configuration(&world.server, "1.0.0").replace(&world.server.host(), name));
    let (proxy, asked) = world.server.proxy();
    world.folder.set("HTTPS_PROXY", &format!("http://{proxy}"));
    world.folder.run("init -input=false -no-color").ok().says(&format!("{name}/acme/tool v1.0.0 (self-signed"));
    assert!(asked.try_iter().all(|question| question == format!("CONNECT {name}:443")));
    std::fs::remove_dir_all(world.folder.file(".terraform")).unwrap();
    world.folder.set("NO_PROXY", "example.test");
    world.folder.run("init -input=false -no-color").expect(1).says(&format!("the name {name} is not known"));
    assert_eq!(asked.try_iter().count(), 0);
}

#[test]
fn tokens_come_from_files_and_helpers() {
    let tokens = |world: &World| -> Vec<Option<String>> {
        let asked = world.server.asked();
        let versions = asked.iter().filter(|question| question.target.ends_with("/versions"));
        versions.map(|question| question.headers.get("authorization").cloned()).collect()
    };
    let mut world = World::new();
    let stored = json!({ "credentials": { world.server.host(): { "token": "stored" } } });
    world.folder.write("../home/.terraform.d/credentials.tfrc.json", &stored.to_string());
    world.folder.run("init -input=false -no-color").ok();
    assert_eq!(tokens(&world), [Some("Bearer stored".to_owned())]);

    std::fs::remove_dir_all(world.folder.file("../home/.terraform.d")).unwrap();
    let helper = "../home/.terraform.d/plugins/terraform-credentials-test";
    world.folder.write(helper, "#!/bin/sh\necho \"{\\\"token\\\": \\\"$1-$2-$3\\\"}\"\n");
    let path = world.folder.file(helper);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world.folder.settings("credentials_helper \"test\" {\n  args = [\"arg\"]\n}\n");
    world.folder.run("init -input=false -no-color -upgrade").ok();
    assert_eq!(tokens(&world), [Some(format!("Bearer arg-get-{}", world.server.host()))]);
}

#[test]
fn several_packages_come_at_a_time() {
    let (server, publisher) = (HttpsServer::start(), Publisher::new());
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut wanted = String::new();
    for name in names {
        let executable = format!("terraform-provider-{name}");
        let source = format!("acme/{name}");
        publisher.publish(&server, &source, "1.0.0", &[HERE], &zip_of(&[(&executable, name.as_bytes())]));
        wanted.push_str(&format!("    {name} = {{ source = \"{}/{source}\" }}\n", server.host()));
    }
    // One of them cannot be had; the others can.
    server.answer("/files/acme/d/terraform-provider-d_1.0.0_linux_amd64.zip", Reply::bytes("other"));
    let mut folder = Folder::with(&format!("terraform {{\n  required_providers {{\n{wanted}  }}\n}}\n"));
    folder.trust(&server);
    let run = folder.run("init -input=false -no-color").expect(1).says("acme/d 1.0.0 could not be installed");
    let installed: Vec<&str> = run.out.lines().filter_map(|line| line.strip_prefix("- Installed ")).collect();
    assert_eq!(installed.len(), 5, "{}", run.out);
    assert!(installed.is_sorted(), "{installed:?}");
    assert!(!folder.exists(".terraform.lock.hcl"));
    assert!(!folder.exists(&format!(".terraform/providers/{}/acme/d", server.host())));
    // As soon as all can be had, all are locked.
    let archive = zip_of(&[("terraform-provider-d", b"d")]);
    server.answer("/files/acme/d/terraform-provider-d_1.0.0_linux_amd64.zip", Reply::bytes(archive));
    folder.run("init -input=false -no-color").ok();
    server.asked();
    folder.run("init -input=false -no-color").ok();
    assert_eq!(server.asked().len(), 0);
}
