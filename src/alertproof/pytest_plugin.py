"""The pytest plugin: one item per alert and aspect, per claim of the as-found corpus, and per claim about a service.

A check takes the fixture `alert_outcome`, `defect_proof` or `service_proof`; the plugin makes an item of each, and the
engines run once, for what is selected. Anything heavy is imported inside hooks: a project that only has the plugin
installed pays nothing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from alertproof.errors import UsageError
    from alertproof.model.defect import Claim, Defect
    from alertproof.model.estate import Alert, Estate
    from alertproof.model.proof import Aspect, DefectProof, Outcome, Run, ServiceAspect, ServiceProof

_OUTCOME = "alert_outcome"
_DEFECT = "defect_proof"
_SERVICE = "service_proof"
_ESTATE: pytest.StashKey[Estate] = pytest.StashKey()
_FAULT: pytest.StashKey[UsageError] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options, in one group."""
    group = parser.getgroup("alertproof", "proving alerts on real engines")
    group.addoption("--alertproof-root", type=Path, help="folder of the estate; default: pytest's rootdir")
    group.addoption("--engine", choices=["auto", "local", "container"], default="auto", help="where to run")
    group.addoption("--engine-version", help="Prometheus version wanted, such as 2.42 or 3.5")
    group.addoption("--engine-dir", type=Path, help="folder with prometheus, promtool, alertmanager, amtool")
    group.addoption("--realtime", action="store_true", help="deliver in real time: wait out every `for`")
    group.addoption("--alertproof-keep", type=Path, help="keep the evidence in this folder")
    group.addoption("--alertproof-pictures", type=Path, metavar="DIR", help="draw a picture of every proof there")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item per alert and aspect, per claim of a defect or about a service, whose id says which."""
    from alertproof.errors import UsageError

    try:
        if _OUTCOME in metafunc.fixturenames:
            _parametrize(metafunc, _OUTCOME, _aspects(metafunc.config))
        if _DEFECT in metafunc.fixturenames:
            _parametrize(metafunc, _DEFECT, _claims(metafunc.config))
        if _SERVICE in metafunc.fixturenames:
            _parametrize(metafunc, _SERVICE, _service_claims(metafunc.config))
    except UsageError as error:
        # Whatever is raised here is shown as a traceback, module by module; it ends the run once all is collected.
        metafunc.config.stash[_FAULT] = error
        for fixture in {_OUTCOME, _DEFECT, _SERVICE} & set(metafunc.fixturenames):
            _parametrize(metafunc, fixture, {"unusable": None})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """End the run with one message where the estate cannot be used."""
    fault = config.stash.get(_FAULT, None)
    if fault is not None:
        pytest.exit(f"alertproof: {fault}", returncode=fault.exit_code)


def _parametrize(metafunc: pytest.Metafunc, fixture: str, items: dict[str, Any]) -> None:
    metafunc.parametrize(fixture, list(items.values()), ids=list(items), indirect=True)


def _aspects(config: pytest.Config) -> dict[str, tuple[Alert, Aspect]]:
    """Give every aspect of every alert by its id; equal names are told apart by their labels."""
    from alertproof.proof.aspects import aspects_of

    alerts = _estate(config).alerts
    names = Counter(str(alert.id) for alert in alerts)
    items: dict[str, tuple[Alert, Aspect]] = {}
    for alert in alerts:
        labels = ",".join(f"{name}={value}" for name, value in alert.id.labels)
        name = f"{alert.id}" if names[str(alert.id)] == 1 else f"{alert.id}{{{labels}}}"
        items |= {f"{name}/{aspect}": (alert, aspect) for aspect in aspects_of(alert)}
    return items


def _claims(config: pytest.Config) -> dict[str, tuple[Defect, int]]:
    """Give every claim of every defect by its id."""
    from alertproof.load.defects import load_defects

    return {
        _claim_id(defect, claim): (defect, index)
        for defect in load_defects(_root(config) / "fixtures" / "defects")
        for index, claim in enumerate(defect.shows)
    }


def _service_claims(config: pytest.Config) -> dict[str, tuple[str, ServiceAspect]]:
    """Give every claim about a whole service by its id."""
    from alertproof.proof.services import service_claims

    return {name: (name, aspect) for name, aspect in service_claims(_estate(config).alerts)}


def _claim_id(defect: Defect, claim: Claim) -> str:
    """Give `P1/alert/aspect`; of a server's queries, each with its expression."""
    return "/".join(filter(None, (defect.id, claim.of, str(claim.asks), getattr(claim, "expr", ""))))


@pytest.fixture(scope="session")
def alertproof_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Give the run of all selected alerts and defects, on engines started once."""
    from dataclasses import replace

    from alertproof.engines.choose import EngineOptions, choose_host
    from alertproof.errors import AlertproofError
    from alertproof.model.proof import Aspect
    from alertproof.proof.run import run_proofs
    from alertproof.report.document import run_document
    from alertproof.report.record import record

    config = request.config
    estate = _estate(config)
    wanted = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    aspects: list[tuple[Alert, Aspect]] = [params[_OUTCOME] for params in wanted if _OUTCOME in params]
    defects: list[Defect] = [params[_DEFECT][0] for params in wanted if _DEFECT in params]
    ids = {alert.id for alert, _ in aspects}
    narrowed = tuple(alert for alert in estate.alerts if alert.id in ids)
    options = EngineOptions(
        kind=config.getoption("--engine"),
        version=config.getoption("--engine-version"),
        engine_dir=config.getoption("--engine-dir"),
    )
    folder = config.getoption("--alertproof-keep") or tmp_path_factory.mktemp("alertproof")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with choose_host(options) as host:
            run = run_proofs(
                host,
                folder,
                replace(estate, alerts=narrowed, raw_alerts=len(narrowed)),
                delivers=any(aspect is Aspect.DELIVERY for _, aspect in aspects),
                defects=list({defect.id: defect for defect in defects}.values()),
                whole=estate,
                services={params[_SERVICE][1] for params in wanted if _SERVICE in params},
                realtime=config.getoption("--realtime"),
            )
        run = _with_pictures(config, run, estate.root)
        record(estate.root, run_document(run, estate.root))
    except AlertproofError as error:
        pytest.fail(str(error), pytrace=False)
    return run


def _with_pictures(config: pytest.Config, run: Run, root: Path) -> Run:
    """Draw every proof where that is asked for, else the refuted ones beside the evidence or beside the ledger."""
    from alertproof.report.pictures import PICTURES, with_pictures

    chosen, keep = config.getoption("--alertproof-pictures"), config.getoption("--alertproof-keep")
    folder = chosen or (keep / "pictures" if keep is not None else root / PICTURES)
    return with_pictures(run, folder, every=chosen is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the alert's picture in the report of an item that failed."""
    report = yield
    if not isinstance(item, pytest.Function) or report.when != "call" or not report.failed:
        return report
    values: dict[str, Any] = item.funcargs
    if _OUTCOME not in values or "alertproof_run" not in values:
        return report
    params: dict[str, Any] = item.callspec.params
    alert, _ = params[_OUTCOME]
    picture: Path | None = next(proof.picture for proof in values["alertproof_run"].proofs if proof.id == alert.id)
    if picture is not None:
        # A section of the failure itself is shown whatever --show-capture says, and is part of JUnit's text.
        add = getattr(report.longrepr, "addsection", None)
        if add is not None:
            add("picture of the proof", str(picture))
        else:
            report.sections.append(("picture of the proof", str(picture)))
    return report


@pytest.fixture
def alert_outcome(request: pytest.FixtureRequest, alertproof_run: Run) -> Outcome:
    """Give how one aspect of one alert ended."""
    alert, aspect = request.param
    proof = next(proof for proof in alertproof_run.proofs if proof.id == alert.id)
    return next(outcome for outcome in proof.outcomes if outcome.aspect is aspect)


@pytest.fixture
def defect_proof(request: pytest.FixtureRequest, alertproof_run: Run) -> DefectProof:
    """Give what one claim of the as-found corpus came to."""
    param: tuple[Defect, int] = request.param
    defect, index = param
    own = [proof for proof in alertproof_run.defects if proof.id == defect.id]
    return own[index]


@pytest.fixture
def service_proof(request: pytest.FixtureRequest, alertproof_run: Run) -> ServiceProof:
    """Give how one claim about a whole service ended."""
    name, _ = request.param
    return next(proof for proof in alertproof_run.services if str(proof) == name)


@pytest.fixture(scope="session")
def alertproof_estate(request: pytest.FixtureRequest) -> Estate:
    """Give the estate as loaded."""
    return _estate(request.config)


def _estate(config: pytest.Config) -> Estate:
    from alertproof.load.estate import load_estate

    if _ESTATE not in config.stash:
        config.stash[_ESTATE] = load_estate([_root(config)])
    return config.stash[_ESTATE]


def _root(config: pytest.Config) -> Path:
    chosen: Path | None = config.getoption("--alertproof-root")
    return chosen.resolve() if chosen is not None else config.rootpath
