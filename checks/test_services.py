"""Every claim about a whole service: silent while healthy, blackouts noticed, routes as their owner says."""

from alertproof.model.proof import ServiceProof, Verdict


def test_service(service_proof: ServiceProof) -> None:
    assert service_proof.verdict is Verdict.PROVED, service_proof.reason
