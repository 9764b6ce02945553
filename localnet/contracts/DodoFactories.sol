// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { DodoOwnable } from "./DodoOwnable.sol";
import { DodoPrivatePool } from "./DodoPrivatePool.sol";
import { DodoShares } from "./DodoShares.sol";

/// @title DodoCloneFactory
/// @notice Twin of DODOEX/contractV2 `lib/CloneFactory.sol`: creates ERC-1167 proxies.
/// @dev Reproduces: `clone`. Leaves out: nothing.
contract DodoCloneFactory {
    function clone(address prototype) external returns (address) {
        return Clones.clone(prototype);
    }
}

/// @title DodoFactory
/// @notice The registry of pools that DODO's three factories share.
/// @dev Twin of DODOEX/contractV2 `Factory/{DVM,DSP,DPP}Factory.sol`.
///
/// Reproduces: pools listed by base and quote in that order and by creator (`tx.origin` for public pools), pools added and
/// removed by the owner, removing what is not listed drops the last one, `NOT_OWNER`, events.
///
/// Leaves out: lists added at once (`batchAddPoolByAdmin`), and an empty list ends in Panic(0x31) instead of an invalid
/// opcode when something is removed from it.
abstract contract DodoFactory is DodoOwnable {
    address public immutable _CLONE_FACTORY_;
    address public immutable _DEFAULT_MT_FEE_RATE_MODEL_;
    address public _DEFAULT_MAINTAINER_;
    mapping(address base => mapping(address quote => address[])) public _REGISTRY_;
    mapping(address creator => address[]) public _USER_REGISTRY_;

    constructor(address cloneFactory, address defaultMaintainer, address defaultMtFeeRateModel) {
        _CLONE_FACTORY_ = cloneFactory;
        _DEFAULT_MAINTAINER_ = defaultMaintainer;
        _DEFAULT_MT_FEE_RATE_MODEL_ = defaultMtFeeRateModel;
    }

    function updateDefaultMaintainer(address newMaintainer) external onlyOwner {
        _DEFAULT_MAINTAINER_ = newMaintainer;
    }

    function addPoolByAdmin(address creator, address baseToken, address quoteToken, address pool) external onlyOwner {
        _register(creator, baseToken, quoteToken, pool);
    }

    function removePoolByAdmin(
        address creator,
        address baseToken,
        address quoteToken,
        address pool
    ) external onlyOwner {
        _remove(_REGISTRY_[baseToken][quoteToken], pool);
        _remove(_USER_REGISTRY_[creator], pool);
        _emitRemoved(pool);
    }

    function getDODOPool(address baseToken, address quoteToken) external view returns (address[] memory) {
        return _REGISTRY_[baseToken][quoteToken];
    }

    function getDODOPoolBidirection(
        address token0,
        address token1
    ) external view returns (address[] memory, address[] memory) {
        return (_REGISTRY_[token0][token1], _REGISTRY_[token1][token0]);
    }

    function getDODOPoolByUser(address user) external view returns (address[] memory) {
        return _USER_REGISTRY_[user];
    }

    function _register(address creator, address baseToken, address quoteToken, address pool) internal {
        _REGISTRY_[baseToken][quoteToken].push(pool);
        _USER_REGISTRY_[creator].push(pool);
        _emitNew(baseToken, quoteToken, creator, pool);
    }

    function _remove(address[] storage list, address pool) private {
        for (uint256 n = 0; n < list.length; n++) {
            if (list[n] == pool) {
                list[n] = list[list.length - 1];
                break;
            }
        }
        list.pop();
    }

    function _emitNew(address baseToken, address quoteToken, address creator, address pool) internal virtual;

    function _emitRemoved(address pool) internal virtual;
}

/// @title DodoPublicFactory
/// @notice The factories whose pools anyone may create and fund.
/// @dev Reproduces: what the pools of DodoShares are initialised with. Leaves out: what DodoFactory leaves out.
abstract contract DodoPublicFactory is DodoFactory {
    function _create(
        address template,
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 i,
        uint256 k,
        bool isOpenTwap
    ) internal returns (address pool) {
        pool = DodoCloneFactory(_CLONE_FACTORY_).clone(template);
        DodoShares(pool).init(
            _DEFAULT_MAINTAINER_,
            baseToken,
            quoteToken,
            lpFeeRate,
            _DEFAULT_MT_FEE_RATE_MODEL_,
            i,
            k,
            isOpenTwap
        );
        _register(tx.origin, baseToken, quoteToken, pool);
    }
}

/// @title DodoVendingMachineFactory
/// @notice Twin of DODOEX/contractV2 `Factory/DVMFactory.sol`.
/// @dev Reproduces: creation, template, events. Leaves out: what DodoFactory leaves out.
contract DodoVendingMachineFactory is DodoPublicFactory {
    address public _DVM_TEMPLATE_;

    event NewDVM(address baseToken, address quoteToken, address creator, address dvm);
    event RemoveDVM(address dvm);

    constructor(
        address cloneFactory,
        address template,
        address defaultMaintainer,
        address defaultMtFeeRateModel
    ) DodoFactory(cloneFactory, defaultMaintainer, defaultMtFeeRateModel) {
        _DVM_TEMPLATE_ = template;
    }

    function createDODOVendingMachine(
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 i,
        uint256 k,
        bool isOpenTWAP
    ) external returns (address) {
        return _create(_DVM_TEMPLATE_, baseToken, quoteToken, lpFeeRate, i, k, isOpenTWAP);
    }

    function updateDvmTemplate(address newTemplate) external onlyOwner {
        _DVM_TEMPLATE_ = newTemplate;
    }

    function _emitNew(address baseToken, address quoteToken, address creator, address pool) internal override {
        emit NewDVM(baseToken, quoteToken, creator, pool);
    }

    function _emitRemoved(address pool) internal override {
        emit RemoveDVM(pool);
    }
}

/// @title DodoStablePoolFactory
/// @notice Twin of DODOEX/contractV2 `Factory/DSPFactory.sol`.
/// @dev Reproduces: creation, template, events. Leaves out: what DodoFactory leaves out.
contract DodoStablePoolFactory is DodoPublicFactory {
    address public _DSP_TEMPLATE_;

    event NewDSP(address baseToken, address quoteToken, address creator, address DSP);
    event RemoveDSP(address DSP);

    constructor(
        address cloneFactory,
        address template,
        address defaultMaintainer,
        address defaultMtFeeRateModel
    ) DodoFactory(cloneFactory, defaultMaintainer, defaultMtFeeRateModel) {
        _DSP_TEMPLATE_ = template;
    }

    function createDODOStablePool(
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 i,
        uint256 k,
        bool isOpenTWAP
    ) external returns (address) {
        return _create(_DSP_TEMPLATE_, baseToken, quoteToken, lpFeeRate, i, k, isOpenTWAP);
    }

    function updateDSPTemplate(address newTemplate) external onlyOwner {
        _DSP_TEMPLATE_ = newTemplate;
    }

    function _emitNew(address baseToken, address quoteToken, address creator, address pool) internal override {
        emit NewDSP(baseToken, quoteToken, creator, pool);
    }

    function _emitRemoved(address pool) internal override {
        emit RemoveDSP(pool);
    }
}

/// @title DodoPrivatePoolFactory
/// @notice Twin of DODOEX/contractV2 `Factory/DPPFactory.sol`.
/// @dev Reproduces: creation and initialisation in two steps, the second for listed callers only (`ACCESS_DENIED`), events.
/// Leaves out: the admin contract between a pool and its creator: the creator owns the pool here; and what DodoFactory
/// leaves out.
contract DodoPrivatePoolFactory is DodoFactory {
    address public _DPP_TEMPLATE_;
    mapping(address account => bool listed) public isAdminListed;

    event NewDPP(address baseToken, address quoteToken, address creator, address dpp);
    event RemoveDPP(address dpp);
    event addAdmin(address admin);
    event removeAdmin(address admin);

    constructor(
        address cloneFactory,
        address template,
        address defaultMaintainer,
        address defaultMtFeeRateModel
    ) DodoFactory(cloneFactory, defaultMaintainer, defaultMtFeeRateModel) {
        _DPP_TEMPLATE_ = template;
    }

    function createDODOPrivatePool() external returns (address) {
        return DodoCloneFactory(_CLONE_FACTORY_).clone(_DPP_TEMPLATE_);
    }

    function initDODOPrivatePool(
        address dppAddress,
        address creator,
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        uint256 k,
        uint256 i,
        bool isOpenTwap
    ) external {
        require(isAdminListed[msg.sender], "ACCESS_DENIED");
        DodoPrivatePool(dppAddress).init(
            creator,
            _DEFAULT_MAINTAINER_,
            baseToken,
            quoteToken,
            lpFeeRate,
            _DEFAULT_MT_FEE_RATE_MODEL_,
            k,
            i,
            isOpenTwap
        );
        _register(creator, baseToken, quoteToken, dppAddress);
    }

    function updateDppTemplate(address newTemplate) external onlyOwner {
        _DPP_TEMPLATE_ = newTemplate;
    }

    function addAdminList(address account) external onlyOwner {
        isAdminListed[account] = true;
        emit addAdmin(account);
    }

    function removeAdminList(address account) external onlyOwner {
        isAdminListed[account] = false;
        emit removeAdmin(account);
    }

    function _emitNew(address baseToken, address quoteToken, address creator, address pool) internal override {
        emit NewDPP(baseToken, quoteToken, creator, pool);
    }

    function _emitRemoved(address pool) internal override {
        emit RemoveDPP(pool);
    }
}
